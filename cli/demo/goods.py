"""What the merchant of the demonstration sells, and how the two shops list it.

The truth about every listing (what one sale really takes from the warehouse) is told to
the world's books only. The hub has to find out, as it does with a real merchant: by SKU
text, by barcode, or by asking. Nothing here runs; ``stage`` opens the shops.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ...canonical.listings import Component
from ...simulators.shopify import ShopifyShop
from ...simulators.woocommerce import NewProduct, NewVariation, WooCommerceShop
from ...simulators.world import World

_TEAS = (
    ("ASSAM", "Assam"),
    ("CEYLON", "Ceylon"),
    ("DARJEELING", "Darjeeling"),
    ("EARL-GREY", "Earl Grey"),
    ("GENMAICHA", "Genmaicha"),
    ("GUNPOWDER", "Gunpowder"),
    ("KEEMUN", "Keemun"),
    ("LAPSANG", "Lapsang Souchong"),
    ("OOLONG", "Oolong"),
    ("ROOIBOS", "Rooibos"),
    ("SENCHA", "Sencha"),
    ("YUNNAN", "Yunnan"),
)
_COFFEES = (
    ("BRAZIL", "Brazil Santos"),
    ("COLOMBIA", "Colombia Huila"),
    ("ETHIOPIA", "Ethiopia Sidamo"),
    ("GUATEMALA", "Guatemala Antigua"),
    ("KENYA", "Kenya AA"),
    ("SUMATRA", "Sumatra Mandheling"),
)
_WARES = (
    ("CADDY-TIN", "Tea caddy", 1290),
    ("DRIPPER-V60", "Coffee dripper", 1890),
    ("FILTER-PAPER", "Filter papers, 100", 490),
    ("GRINDER-HAND", "Hand grinder", 7900),
    ("HONEY-HEATH", "Heather honey", 890),
    ("KETTLE-GOOSE", "Gooseneck kettle", 6900),
    ("MUG-ENAMEL", "Enamel mug", 1490),
    ("SCALE-BREW", "Brew scale", 4900),
    ("SPOON-TEA", "Tea spoon", 590),
    ("STRAINER-FINE", "Fine strainer", 990),
    ("SUGAR-CANDY", "Rock sugar", 450),
    ("TEAPOT-GLASS", "Glass teapot", 3900),
)
_RARITIES = (
    ("RARE-CAST-IRON", "Cast iron pot, signed", 19900),
    ("RARE-FIRST-FLUSH", "First flush, numbered tin", 4900),
    ("RARE-GEISHA", "Panama Geisha, 250 g", 5900),
    ("RARE-GYOKURO", "Gyokuro, competition grade", 6900),
    ("RARE-PUERH-2006", "Pu-erh cake of 2006", 8900),
    ("RARE-YIXING", "Yixing pot", 14900),
)

BY_BARCODE = "KETTLE-GOOSE"
"""Listed on WooCommerce without a SKU: its barcode has to tell."""
MUG = "MUG-ENAMEL"
"""A variable product on WooCommerce whose colours share the parent's counter."""
MISSPELLED = "TEA-EARL-GREY-100"
"""Listed on WooCommerce with other separators: a person maps it while it sells."""
MISSPELLED_AS = "TEA_EARL_GREY_100"
EVERGREEN = "FILTER-PAPER"
"""More of it than anybody buys: a shopper who finds all else sold out takes this."""

SETS: Mapping[str, tuple[str, tuple[Component, ...]]] = {
    "BOX-ASSAM-6": (
        "Assam, box of six",
        (Component(sku="TEA-ASSAM-100", units=6),),
    ),
    "BOX-KENYA-3": (
        "Kenya AA, box of three",
        (Component(sku="COFFEE-KENYA-250", units=3),),
    ),
    "SET-BREAKFAST": (
        "Breakfast set",
        (
            Component(sku="TEA-CEYLON-100", units=1),
            Component(sku="HONEY-HEATH", units=1),
            Component(sku="MUG-ENAMEL", units=2),
        ),
    ),
    "SET-BREWING": (
        "Brewing set",
        (
            Component(sku="COFFEE-BRAZIL-250", units=2),
            Component(sku="DRIPPER-V60", units=1),
            Component(sku="FILTER-PAPER", units=1),
        ),
    ),
}
"""Multipacks and bundles, by their SKU text on WooCommerce. Staff map them on day one:
no text could tell what is in them."""

UNKNOWN_ON_WOOCOMMERCE = ("GIFT-WRAP", "Gift wrapping")
UNKNOWN_ON_SHOPIFY = "Tasting sachet"
"""Listings that the merchant never told the hub about; they wait under a conflict."""
UNKNOWN = frozenset({UNKNOWN_ON_WOOCOMMERCE[0], UNKNOWN_ON_SHOPIFY})
RARE = "RARE-"
"""How the SKUs begin of which there are only a few."""


@dataclass(frozen=True, slots=True)
class Good:
    """One kind of thing in the warehouse."""

    sku: str
    title: str
    price_minor: int
    barcode: str

    @property
    def scarce(self) -> bool:
        """Whether shoppers compete for the last units."""
        return self.sku.startswith(RARE)

    @property
    def price(self) -> Decimal:
        """The price in the shops' currency."""
        return Decimal(self.price_minor) / 100


def stock_warehouse(world: World, *, orders: int) -> tuple[Good, ...]:
    """Fill the warehouse, enough for about ``orders`` orders; return what is in it."""
    goods = tuple(_list_goods())
    plenty = max(20, orders // 8)
    for good in goods:
        few, many = (3, 8) if good.scarce else (plenty, 3 * plenty)
        world.receive(good.sku, world.randomness.randint(few, many))
    world.receive(EVERGREEN, 10 * orders)
    for unknown in UNKNOWN:
        world.receive(unknown, 10 * orders)
    return goods


def _list_goods() -> list[Good]:
    priced = [
        (f"TEA-{name}-{grams}", f"{title}, {grams} g", cents)
        for name, title in _TEAS
        for grams, cents in ((100, 790), (250, 1690))
    ]
    priced += [
        (f"COFFEE-{name}-{grams}", f"{title}, {grams} g", cents)
        for name, title in _COFFEES
        for grams, cents in ((250, 990), (1000, 3290))
    ]
    priced += [*_WARES, *_RARITIES]
    return [
        Good(sku, title, cents, _make_barcode(number))
        for number, (sku, title, cents) in enumerate(sorted(priced))
    ]


def _make_barcode(number: int) -> str:
    """Return a valid EAN-13 from the range that shops use inside their own walls."""
    digits = f"20{number:010d}"
    weighed = sum(
        int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)
    )
    return f"{digits}{-weighed % 10}"


Offers = dict[str, Mapping[str, int]]
"""What one unit of each listing of a shop really takes from the warehouse."""


def fill_shopify(shop: ShopifyShop, goods: tuple[Good, ...]) -> Offers:
    """List every good with its SKU, and one thing that nobody gave a SKU."""
    offers: Offers = {}
    for good in goods:
        units = shop.world.physical_units(good.sku)
        variant = shop.add_variant(
            shop.add_product(good.title),
            good.sku,
            price_minor=good.price_minor,
            stock=(units,),
            barcode=good.barcode,
        )
        offers[variant.gid] = {good.sku: 1}
    sells = {UNKNOWN_ON_SHOPIFY: 1}
    variant = shop.add_variant(
        shop.add_product(UNKNOWN_ON_SHOPIFY),
        None,
        price_minor=150,
        stock=(shop.world.physical_units(UNKNOWN_ON_SHOPIFY),),
        components=sells,
    )
    return {**offers, variant.gid: sells}


def fill_woocommerce(shop: WooCommerceShop, goods: tuple[Good, ...]) -> Offers:
    """List the same goods as a second shop that grew by itself would."""
    offers: Offers = {}
    for good in goods:
        sells = {good.sku: 1}
        if good.sku == MUG:
            offers |= dict.fromkeys(_add_mugs(shop, good), sells)
        else:
            units = shop.world.physical_units(good.sku)
            offers[shop.add_product(_describe(good, units))] = sells
    for sku, (title, parts) in SETS.items():
        sells = {part.sku: part.units for part in parts}
        price = Decimal("29.90")
        new = NewProduct(name=title, price=price, sku=sku, stock=0, sells=sells)
        offers[shop.add_product(new)] = sells
    sku, title = UNKNOWN_ON_WOOCOMMERCE
    stock = shop.world.physical_units(sku)
    new = NewProduct(name=title, price=Decimal(2), sku=sku, stock=stock)
    return {**offers, shop.add_product(new): {sku: 1}}


def _describe(good: Good, units: int) -> NewProduct:
    sku = {BY_BARCODE: "", MISSPELLED: MISSPELLED_AS}.get(good.sku, good.sku)
    return NewProduct(
        name=good.title,
        price=good.price,
        sku=sku,
        # A shop of its own never counted quite the same.
        stock=max(0, units - len(good.title) % 4),
        barcode=good.barcode,
        sells={good.sku: 1},
    )


def _add_mugs(shop: WooCommerceShop, good: Good) -> tuple[str, ...]:
    colours = [
        NewVariation(
            options={"Colour": colour},
            price=good.price,
            barcode=good.barcode,
            sells={good.sku: 1},
        )
        for colour in ("blue", "green", "white")
    ]
    units = shop.world.physical_units(good.sku)
    return shop.add_variable_product(good.title, colours, sku="MUG", parent_stock=units)
