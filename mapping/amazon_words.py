"""Amazon's vocabulary and the hub's: statuses, carriers, marketplaces, reasons.

Tables only. What is not in them is unknown and is reported, never guessed. Sources:
the enumerations of Amazon's own models (Orders 2026-01-01), and its documentation's
lists of marketplaces, carriers and cancellation reasons.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..canonical.orders import FulfillmentState, PaymentState


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What one ``fulfillmentStatus`` says."""

    payment: PaymentState
    fulfillment: FulfillmentState
    held: bool = False
    """Amazon asks not to ship (yet)."""
    cancelled: bool = False
    pending: bool = False
    """The payment is not authorised: no prices yet, and counts that mean nothing."""


STATUSES: dict[str, StatusMeaning] = {
    "PENDING_AVAILABILITY": StatusMeaning(
        PaymentState.PENDING, FulfillmentState.UNFULFILLED, held=True, pending=True
    ),
    "PENDING": StatusMeaning(
        PaymentState.PENDING, FulfillmentState.UNFULFILLED, held=True, pending=True
    ),
    # Amazon has the buyer's authorisation now, and charges when the goods leave.
    "UNSHIPPED": StatusMeaning(PaymentState.AUTHORIZED, FulfillmentState.UNFULFILLED),
    "PARTIALLY_SHIPPED": StatusMeaning(
        PaymentState.PAID, FulfillmentState.PARTIALLY_FULFILLED
    ),
    "SHIPPED": StatusMeaning(PaymentState.PAID, FulfillmentState.FULFILLED),
    "CANCELLED": StatusMeaning(
        PaymentState.VOIDED, FulfillmentState.UNFULFILLED, cancelled=True
    ),
    # Orders of other shops that Amazon's warehouse was to ship and cannot.
    "UNFULFILLABLE": StatusMeaning(
        PaymentState.AUTHORIZED, FulfillmentState.ON_HOLD, held=True
    ),
}
UNKNOWN_STATUS = StatusMeaning(PaymentState.UNKNOWN, FulfillmentState.UNKNOWN)

FULFILLED_BY_AMAZON = "AMAZON"
FULFILLED_BY = frozenset({"", "MERCHANT", FULFILLED_BY_AMAZON})
"""Who ships; missing where the dataset was not asked for."""

PACKAGE_STATUSES = frozenset(
    {"PENDING", "IN_TRANSIT", "SHIPPED", "DELIVERED", "CANCELLED", "UNDELIVERABLE"}
)
PACKAGE_CANCELLED = "CANCELLED"

ITEM = "ITEM"
SHIPPING = "SHIPPING"
TAX = "TAX"
DISCOUNT = "DISCOUNT"
FEES = {
    "GIFT_WRAP": "Gift wrap",
    "COD_FEE": "Cash on delivery",
    "DELIVERY_TIP": "Delivery tip",
    "OTHER": "Other",
}
"""Categories of proceeds that belong to no product and to no shipping."""
BREAKDOWNS = frozenset({ITEM, SHIPPING, TAX, DISCOUNT, *FEES})

OWN_WAREHOUSE = "DEFAULT"
"""The fulfillment channel of goods that the merchant ships; all others are Amazon's."""

CARRIERS: dict[str, str] = {
    "4px": "4PX",
    "amazon shipping": "Amazon Shipping",
    "australia post": "Australia Post",
    "bpost": "BPOST",
    "blue dart": "BlueDart",
    "bluedart": "BlueDart",
    "brt": "BRT",
    "canada post": "Canada Post",
    "china post": "China Post",
    "chronopost": "Chronopost",
    "colissimo": "Colissimo",
    "correos": "Correos",
    "delhivery": "Delhivery",
    "deutsche post": "Deutsche Post",
    "dhl": "DHL",
    "dhl ecommerce": "DHL eCommerce",
    "dhl express": "DHL Express",
    "dpd": "DPD",
    "dtdc": "DTDC",
    "evri": "Evri",
    "fedex": "FedEx",
    "gls": "GLS",
    "hermes": "Hermes",
    "inpost": "InPost",
    "japan post": "Japan Post",
    "la poste": "La Poste",
    "lasership": "Lasership",
    "mondial relay": "Mondial Relay",
    "ontrac": "OnTrac",
    "parcelforce": "Parcelforce",
    "poste italiane": "Poste Italiane",
    "postnl": "PostNL",
    "postnord": "PostNord",
    "purolator": "Purolator",
    "royal mail": "Royal Mail",
    "sagawa": "Sagawa",
    "sda": "SDA",
    "sendle": "Sendle",
    "seur": "SEUR",
    "tnt": "TNT",
    "ups": "UPS",
    "usps": "USPS",
    "yamato": "Yamato",
    "yanwen": "Yanwen",
    "yun express": "Yun Express",
    "yunexpress": "Yun Express",
}
"""Carriers by their lower-case names, as Amazon spells them: it compares exactly."""
OTHER_CARRIER = "Other"
"""The code of every other carrier, whose name then goes into a field of its own."""


def name_carrier(carrier: str) -> tuple[str, str]:
    """Return Amazon's code of a carrier, and the name to send beside it, if any."""
    code = CARRIERS.get(" ".join(carrier.lower().split()), "")
    if code:
        return code, ""
    return OTHER_CARRIER, carrier.strip() or OTHER_CARRIER


NO_INVENTORY = "NoInventory"
"""The one reason after which Amazon does not put cancelled units back on sale."""
CANCEL_REASONS: tuple[tuple[str, str], ...] = (
    ("buyer", "BuyerCanceled"),
    ("customer", "BuyerCanceled"),
    ("address", "ShippingAddressUndeliverable"),
    ("price", "PricingError"),
)
"""Words of a reason, and Amazon's code for it; the first that occurs counts."""
CANCEL_REASON_DEFAULT = "GeneralAdjustment"


def name_cancel_reason(reason: str, *, restock: bool) -> str:
    """Return Amazon's code for why the merchant cancels.

    The code decides about stock, so whoever wants units back on sale never says that
    there are none.
    """
    if not restock:
        return NO_INVENTORY
    words = reason.lower()
    return next(
        (code for word, code in CANCEL_REASONS if word in words), CANCEL_REASON_DEFAULT
    )


def puts_units_back(reason: str) -> bool:
    """Say whether Amazon put units back on sale that were cancelled for a reason.

    The reason is told in one of several spellings: NoInventory, NO_INVENTORY, ...
    """
    letters = "".join(letter for letter in reason.lower() if letter.isalpha())
    return NO_INVENTORY.lower() not in letters


@dataclass(frozen=True, slots=True)
class Marketplace:
    """One of Amazon's stores."""

    country: str
    currency: str
    region: str
    """Which of Amazon's three addresses answers for it: na, eu or fe."""


MARKETPLACES: dict[str, Marketplace] = {
    "A2EUQ1WTGCTBG2": Marketplace("CA", "CAD", "na"),
    "ATVPDKIKX0DER": Marketplace("US", "USD", "na"),
    "A1AM78C64UM0Y8": Marketplace("MX", "MXN", "na"),
    "A2Q3Y263D00KWC": Marketplace("BR", "BRL", "na"),
    "A28R8C7NBKEWEA": Marketplace("IE", "EUR", "eu"),
    "A1RKKUPIHCS9HS": Marketplace("ES", "EUR", "eu"),
    "A1F83G8C2ARO7P": Marketplace("GB", "GBP", "eu"),
    "A13V1IB3VIYZZH": Marketplace("FR", "EUR", "eu"),
    "AMEN7PMS3EDWL": Marketplace("BE", "EUR", "eu"),
    "A1805IZSGTT6HS": Marketplace("NL", "EUR", "eu"),
    "A1PA6795UKMFR9": Marketplace("DE", "EUR", "eu"),
    "APJ6JRA9NG5V4": Marketplace("IT", "EUR", "eu"),
    "A2NODRKZP88ZB9": Marketplace("SE", "SEK", "eu"),
    "AE08WJ6YKNBMC": Marketplace("ZA", "ZAR", "eu"),
    "A1C3SOZRARQ6R3": Marketplace("PL", "PLN", "eu"),
    "ARBP9OOSHTCHU": Marketplace("EG", "EGP", "eu"),
    "A33AVAJ2PDY3EV": Marketplace("TR", "TRY", "eu"),
    "A17E79C6D8DWNP": Marketplace("SA", "SAR", "eu"),
    "A2VIGQ35RCS4UG": Marketplace("AE", "AED", "eu"),
    "A21TJRUUN4KGV": Marketplace("IN", "INR", "eu"),
    "A19VAU5U5O7RUS": Marketplace("SG", "SGD", "fe"),
    "A39IBJ37TRP1C6": Marketplace("AU", "AUD", "fe"),
    "A1VC38T7YXB528": Marketplace("JP", "JPY", "fe"),
}
"""Amazon's stores by their ids; source: its page "Marketplace IDs"."""
NO_CURRENCY = "XXX"
"""ISO 4217 for none: a pending order of a store that is not in the table."""
