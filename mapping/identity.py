"""When two texts name the same thing: normalised keys for SKUs and barcodes.

Keys are for comparing and never for showing: what a channel or a merchant wrote is
displayed as it is. Nothing here decides what a listing sells; ``matching`` does.
"""

from __future__ import annotations

import re
import unicodedata

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""NUL, which PostgreSQL refuses in a text, and halves of a surrogate pair."""

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Unicode's Default_Ignorable_Code_Point: joiners, direction marks, selectors."""

_SEPARATORS = re.compile(r"[\s\-_./\u2010-\u2015\u2212]+")

_GTIN_LENGTHS = frozenset({8, 12, 13, 14})


def sku_key(text: str) -> str:
    """Return the key under which a SKU is known; equal keys mean the same SKU.

    Compatibility forms (NFD, full-width), letter case, invisible characters and the
    space around make no difference. Leading zeros and inner separators do. Empty when
    nothing visible is left.

    Raises:
        ValueError: ``text`` holds a NUL or half of a surrogate pair, which neither
            every database nor every channel can carry.
    """
    if text.isascii():
        if "\x00" in text:
            raise ValueError("a SKU cannot hold a NUL character")
        return text.strip().lower()
    if _UNSTORABLE.search(text):
        raise ValueError("a SKU cannot hold a NUL or half of a surrogate pair")
    # The caseless comparison of the Unicode standard (D146): folding can undo a
    # normalisation and the other way round, hence twice.
    folded = unicodedata.normalize("NFD", text).casefold()
    folded = unicodedata.normalize("NFKD", folded).casefold()
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", folded)).strip()


def loose_key(text: str) -> str:
    """Return the SKU's key without separators (space, dashes, ``_``, ``.``, ``/``).

    Equal loose keys make two SKUs look alike; they do not make them the same.

    Raises:
        ValueError: as ``sku_key``.
    """
    # An accent that stood after a separator now stands after a letter, and joins it.
    return unicodedata.normalize("NFKC", _SEPARATORS.sub("", sku_key(text)))


def barcode_key(text: str) -> str | None:
    """Return the GTIN-14 that a UPC, EAN, ITF-14 or padded GTIN stands for.

    None for what identifies no trade article: other lengths, anything but the ten
    ASCII digits, a wrong check digit, nothing but zeros.
    """
    digits = text.strip()
    if len(digits) not in _GTIN_LENGTHS or not digits.isascii():
        return None
    if not digits.isdigit():
        return None
    gtin = digits.zfill(14)
    # Mod 10: counted from the left of fourteen, odd places weigh three.
    weighed = 3 * sum(map(int, gtin[0::2])) + sum(map(int, gtin[1::2]))
    return gtin if weighed % 10 == 0 and gtin.strip("0") else None
