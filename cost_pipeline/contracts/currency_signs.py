"""Signs of currencies: which ones an amount may be in that is written with one of them.

Belongs here: the signs and names in common use. A sign says of which currencies an amount may be,
never which of them it is: that is the vendor file's matter. A code of ISO 4217 is a
sign of its own currency.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from cost_pipeline.contracts.currencies import currencies

_DOLLARS: Final = (
    "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP CUP DOP UYU BRL BBD BSD BZD BMD BND FJD GYD JMD"
    " KYD LRD NAD SBD SRD TTD XCD ZWL MOP WST TOP NIO BOB CVE"
)
_PESOS: Final = "MXN ARS CLP COP CUP DOP UYU PHP"
_SIGNS: Final = {
    "$": _DOLLARS,
    "US$": "USD", "U$S": "USD", "C$": "CAD NIO", "CA$": "CAD", "CAN$": "CAD", "CDN$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "S$": "SGD", "HK$": "HKD", "NT$": "TWD",
    "MX$": "MXN", "MEX$": "MXN", "R$": "BRL", "J$": "JMD", "TT$": "TTD", "EC$": "XCD",
    "£": "GBP EGP LBP SYP SSP SDG FKP GIP SHP IEP CYP MTL",
    "₤": "GBP ITL TRL", "E£": "EGP", "LE": "EGP",
    "€": "EUR", "¥": "JPY CNY", "円": "JPY", "元": "CNY", "₹": "INR",
    "RS": "INR PKR LKR NPR MUR SCR", "₨": "INR PKR LKR NPR MUR SCR", "₽": "RUB", "₩": "KRW KPW",
    "₺": "TRY", "TL": "TRY TRL", "₴": "UAH", "₪": "ILS", "₫": "VND", "₦": "NGN", "₱": "PHP CUP",
    "฿": "THB", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT", "₾": "GEL", "₼": "AZN",
    "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "KN": "HRK", "ЛВ": "BGN", "LEI": "RON MDL",
    "KR": "SEK NOK DKK ISK EEK", "FR": "CHF FRF BEF LUF XAF XOF", "SFR": "CHF", "DM": "DEM",
    "R": "ZAR", "RM": "MYR", "RP": "IDR", "S/": "PEN", "KSH": "KES",
    "₣": "CHF FRF BEF LUF XAF XOF", "₧": "ESP", "ƒ": "NLG AWG ANG", "₭": "LAK", "₮": "MNT",
    "៛": "KHR", "৳": "BDT", "﷼": "IRR OMR QAR SAR YER", "MK": "FIM", "SKR": "SEK", "NKR": "NOK",
    "DKR": "DKK", "IKR": "ISK", "РУБ": "RUB BYN", "ГРН": "UAH",
}  # fmt: skip
_DINARS: Final = "RSD MKD KWD BHD JOD IQD TND DZD LYD"
_DIRHAMS: Final = "AED MAD"
_FRANCS: Final = "CHF FRF BEF LUF XAF XOF XPF"
_KRONER: Final = "SEK NOK DKK ISK EEK"
_POUNDS: Final = "GBP EGP LBP SYP SSP SDG FKP GIP SHP IEP CYP MTL"
_WORDS: Final = {
    "EURO": "EUR", "EUROS": "EUR", "POUND": _POUNDS, "POUNDS": _POUNDS,
    "STERLING": "GBP", "STG": "GBP", "QUID": "GBP", "DOLLAR": _DOLLARS, "DOLLARS": _DOLLARS,
    "FRANC": _FRANCS, "FRANCS": _FRANCS, "FRANKEN": "CHF", "KRONA": _KRONER, "KRONE": _KRONER,
    "KRONER": _KRONER, "KRONOR": _KRONER, "KRÓNUR": _KRONER, "DIN": _DINARS, "DINAR": _DINARS,
    "DINARS": _DINARS, "DIRHAM": _DIRHAMS, "DIRHAMS": _DIRHAMS, "DH": _DIRHAMS, "DHS": _DIRHAMS,
    "YEN": "JPY", "YUAN": "CNY", "RMB": "CNY", "RAND": "ZAR", "RUPEE": "INR PKR LKR NPR MUR SCR",
    "RUPEES": "INR PKR LKR NPR MUR SCR", "ZLOTY": "PLN", "ZLOTYCH": "PLN", "ZŁOTY": "PLN",
    "ZŁOTYCH": "PLN", "KORUNA": "CZK SKK", "KORUN": "CZK SKK", "FORINT": "HUF",
    "LIRA": "TRY TRL ITL", "SHEKEL": "ILS", "SHEKELS": "ILS", "NIS": "ILS",
    "WON": "KRW KPW", "BAHT": "THB",
    "REAL": "BRL", "REAIS": "BRL", "PESO": _PESOS, "PESOS": _PESOS, "RUBLE": "RUB BYN",
    "RUBLES": "RUB BYN",
}  # fmt: skip


def may_be_in(sign: str) -> frozenset[str] | None:
    """Returns the currencies that an amount with this sign may be in; None if it says none.

    One that is not known says what the code or the sign in it says: `CAD$`, `€uro`.
    """
    # The wide forms that East Asian keyboards write are the same signs.
    folded = unicodedata.normalize("NFKC", sign).upper()
    for known in (_SIGNS, _WORDS):
        if folded in known:
            return frozenset(known[folded].split())
    bare = "".join(one for one in folded if unicodedata.category(one) != "Sc")
    if bare in currencies():
        return frozenset({bare})
    inside = [_SIGNS[one] for one in folded if unicodedata.category(one) == "Sc" and one in _SIGNS]
    return frozenset(inside[0].split()) if inside else None
