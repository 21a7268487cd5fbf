"""Words that exports of orders use: headers, statuses, countries, each as a table.

Data and two look-ups, no reading of files. Words are compared in lower case with
everything left out that is neither letter nor digit, so that "Order No." and "order_no"
are one. A word that no table has becomes ``unknown`` and is told by the order. The
tables were gathered from the exports that shops, tills and spreadsheets write in
English, German, French, Spanish, Italian and Dutch; ``columns`` in the settings and the
merchant's own words come before them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..canonical.orders import FulfillmentState, PaymentState

_NAMES = {
    "order": "order, order id, order no, order number, order ref, order reference, "
    "bestellung, bestellnr, bestellnummer, auftrag, auftragsnummer, commande, "
    "numero de commande, pedido, numero de pedido, ordine, numero ordine, bestelling, "
    "bestelnummer, name",
    "placed_at": "date, order date, created, created at, placed at, ordered at, "
    "purchase date, datum, bestelldatum, date de commande, fecha, fecha del pedido, "
    "data, data ordine, besteldatum",
    "status": "status, order status, state, bestellstatus, statut, estado, stato",
    "currency": "currency, currency code, waehrung, währung, devise, moneda, valuta",
    "line_id": "line id, line, line number, position, positionsnummer, row id",
    "listing": "listing, listing id, product id, item id, offer id, artikel id",
    "sku": "sku, item sku, lineitem sku, product sku, seller sku, article, "
    "article number, item number, artikel, artikelnr, artikelnummer, référence, "
    "reference article, codice articolo, artikelcode, referencia",
    "barcode": "barcode, ean, gtin, upc, strichcode, code barres",
    "title": "title, product, product name, item, item name, lineitem name, "
    "description, artikelname, bezeichnung, produkt, produit, producto, prodotto",
    "quantity": "quantity, qty, lineitem quantity, units, count, menge, anzahl, "
    "stueck, stück, quantité, qté, cantidad, quantità, aantal",
    "unit_price": "unit price, price, item price, lineitem price, einzelpreis, preis, "
    "stückpreis, prix unitaire, prix, precio, prezzo, prijs",
    "line_total": "line total, row total, amount, positionssumme, zeilensumme, "
    "montant, importe, importo",
    "tax": "line tax, tax, vat, mwst, steuer, tva, iva, btw",
    "shipping": "shipping, shipping cost, shipping price, postage, versand, "
    "versandkosten, frais de port, gastos de envio, spedizione, verzendkosten",
    "order_total": "order total, total, grand total, gesamt, gesamtsumme, summe, "
    "total commande, totale, totaal",
    "customer": "customer, customer name, buyer, buyer name, recipient, ship to, "
    "shipping name, kunde, kundenname, empfänger, client, cliente, klant",
    "email": "email, e mail, customer email, buyer email, mail, courriel, correo",
    "phone": "phone, telephone, shipping phone, telefon, téléphone, telefono",
    "company": "company, shipping company, firma, société, empresa, azienda, bedrijf",
    "street": "street, address, address 1, street 1, shipping street, "
    "shipping address 1, strasse, straße, adresse, rue, calle, via, straat",
    "street_2": "street 2, address 2, shipping address 2, adresszusatz, complement",
    "city": "city, town, shipping city, ort, stadt, ville, ciudad, città, plaats",
    "region": "region, province, shipping province, county, bundesland, provincia",
    "postcode": "postcode, postal code, zip, zip code, shipping zip, plz, "
    "postleitzahl, code postal, codigo postal, cap",
    "country": "country, country code, shipping country, land, pays, pais, paese",
    "note": "note, notes, comment, comments, order note, bemerkung, notiz, "
    "commentaire, nota",
}
_GOODS = {
    "id": "id, listing, listing id, product id, item id, variant id",
    "sku": _NAMES["sku"],
    "barcode": _NAMES["barcode"],
    "title": f"{_NAMES['title']}, name",
    "quantity": f"{_NAMES['quantity']}, stock, inventory, in stock, on hand, "
    "available, bestand, lagerbestand, lager, existencias, giacenza, voorraad",
    "as_of": "as of",
}


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What one word says about the money and the goods of an order."""

    payment: PaymentState
    fulfillment: FulfillmentState = FulfillmentState.UNFULFILLED
    cancelled: bool = False
    held: bool = False


_PAID = StatusMeaning(PaymentState.PAID)
_OPEN = StatusMeaning(PaymentState.PENDING, held=True)
_SENT = StatusMeaning(PaymentState.PAID, FulfillmentState.FULFILLED)
_PART = StatusMeaning(PaymentState.PAID, FulfillmentState.PARTIALLY_FULFILLED)
_GONE = StatusMeaning(PaymentState.VOIDED, cancelled=True)
_BACK = StatusMeaning(PaymentState.REFUNDED, cancelled=True)
_WAIT = StatusMeaning(PaymentState.PAID, FulfillmentState.ON_HOLD, held=True)

UNKNOWN_STATUS = StatusMeaning(PaymentState.UNKNOWN)

_STATUS_WORDS = (
    (_PAID, "paid, new, open, processing, confirmed, ready, unfulfilled, bezahlt, neu"),
    (_PAID, "offen, in bearbeitung, payé, payée, pagado, pagato, betaald, nouveau"),
    (_OPEN, "unpaid, pending, pending payment, awaiting payment, unbezahlt"),
    (_OPEN, "wartet auf zahlung, en attente, pendiente, in attesa, onbetaald"),
    (_SENT, "shipped, fulfilled, complete, completed, sent, delivered, versendet"),
    (_SENT, "versandt, abgeschlossen, expédié, expédiée, enviado, spedito, verzonden"),
    (_PART, "partially shipped, partially fulfilled, teilweise versendet"),
    (_GONE, "cancelled, canceled, void, voided, storniert, annulé, annulée"),
    (_GONE, "cancelado, annullato, geannuleerd, deleted"),
    (_BACK, "refunded, returned, erstattet, remboursé, reembolsado, rimborsato"),
    (_WAIT, "on hold, hold, angehalten, zurückgestellt, en espera"),
)

_COUNTRY_WORDS = {
    "AT": "austria, österreich, autriche, aut",
    "AU": "australia, australien, aus",
    "BE": "belgium, belgien, belgique, belgië, bel",
    "CA": "canada, kanada, can",
    "CH": "switzerland, schweiz, suisse, svizzera, che",
    "CZ": "czechia, czech republic, tschechien, cze",
    "DE": "germany, deutschland, allemagne, alemania, germania, duitsland, deu",
    "DK": "denmark, dänemark, danmark, dnk",
    "ES": "spain, spanien, espagne, españa, spagna, esp",
    "FI": "finland, finnland, suomi, fin",
    "FR": "france, frankreich, francia, frankrijk, fra",
    "GB": "united kingdom, uk, great britain, england, scotland, wales, gbr",
    "GR": "greece, griechenland, grc",
    "HU": "hungary, ungarn, hun",
    "IE": "ireland, irland, irl",
    "IT": "italy, italien, italie, italia, ita",
    "JP": "japan, jpn",
    "LU": "luxembourg, luxemburg, lux",
    "NL": "netherlands, the netherlands, niederlande, pays bas, nederland, nld",
    "NO": "norway, norwegen, norge, nor",
    "NZ": "new zealand, neuseeland, nzl",
    "PL": "poland, polen, polska, pol",
    "PT": "portugal, prt",
    "SE": "sweden, schweden, sverige, swe",
    "US": "united states, united states of america, usa, u s a, vereinigte staaten",
}


def fold(word: str) -> str:
    """Return what is compared of a word: letters and digits, in lower case."""
    return re.sub(r"[\W_]+", "", word.casefold())


def _spread(names: Mapping[str, str]) -> dict[str, str]:
    table = {fold(key): key for key in names}
    for key, words in names.items():
        table |= {fold(word): key for word in words.split(",") if fold(word) != key}
    return table


ORDER_COLUMNS: Mapping[str, str] = _spread(_NAMES)
"""Fields of an order's row, by folded header."""
ORDER_FIELDS = tuple(_NAMES)
GOODS_COLUMNS: Mapping[str, str] = _spread(_GOODS)
"""Fields of a row of a product or stock file, by folded header."""
STATUSES: Mapping[str, StatusMeaning] = {
    fold(word): meaning for meaning, words in _STATUS_WORDS for word in words.split(",")
}
COUNTRIES: Mapping[str, str] = _spread(_COUNTRY_WORDS)


def look_up_status(word: str) -> StatusMeaning | None:
    """Return what a status says; an empty one is a paid order. None: not known."""
    return STATUSES.get(fold(word)) if word.strip() else _PAID


def look_up_country(word: str) -> str:
    """Return the ISO 3166 code of a country; empty where the word is not known."""
    plain = word.strip()
    if len(plain) == 2 and plain.isascii() and plain.isalpha():
        return plain.upper()
    return COUNTRIES.get(fold(plain), "")
