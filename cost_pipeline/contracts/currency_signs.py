"""Signs of currencies: which ones an amount may be in that is written with one of them.

Belongs here: the signs in common use. A sign says of which currencies an amount may be, never which
of them it is: that is the vendor file's matter. A code of ISO 4217 is a sign of its own currency.
"""

from __future__ import annotations

from typing import Final

from cost_pipeline.contracts.currencies import currencies

_DOLLARS: Final = (
    "USD CAD AUD NZD SGD HKD TWD MXN ARS CLP COP CUP DOP UYU BRL BBD BSD BZD BMD BND FJD GYD JMD"
    " KYD LRD NAD SBD SRD TTD XCD ZWL MOP WST TOP NIO BOB CVE"
)
_SIGNS: Final = {
    "$": _DOLLARS,
    "US$": "USD", "U$S": "USD", "C$": "CAD NIO", "CA$": "CAD", "CAN$": "CAD", "CDN$": "CAD",
    "A$": "AUD", "AU$": "AUD", "NZ$": "NZD", "S$": "SGD", "HK$": "HKD", "NT$": "TWD",
    "MX$": "MXN", "MEX$": "MXN", "R$": "BRL", "J$": "JMD", "TT$": "TTD", "EC$": "XCD",
    "£": "GBP EGP LBP SYP SSP SDG FKP GIP SHP IEP CYP MTL",
    "₤": "GBP ITL TRL", "E£": "EGP", "LE": "EGP",
    "€": "EUR", "¥": "JPY CNY", "￥": "JPY CNY", "円": "JPY", "元": "CNY", "₹": "INR",
    "RS": "INR PKR LKR NPR MUR SCR", "₨": "INR PKR LKR NPR MUR SCR", "₽": "RUB", "₩": "KRW KPW",
    "₺": "TRY", "TL": "TRY TRL", "₴": "UAH", "₪": "ILS", "₫": "VND", "₦": "NGN", "₱": "PHP CUP",
    "฿": "THB", "₡": "CRC", "₲": "PYG", "₵": "GHS", "₸": "KZT", "₾": "GEL", "₼": "AZN",
    "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "KN": "HRK", "ЛВ": "BGN", "LEI": "RON MDL",
    "KR": "SEK NOK DKK ISK EEK", "FR": "CHF FRF BEF LUF XAF XOF", "SFR": "CHF", "DM": "DEM",
    "R": "ZAR", "RM": "MYR", "RP": "IDR", "S/": "PEN", "KSH": "KES",
}  # fmt: skip


def may_be_in(sign: str) -> frozenset[str] | None:
    """Returns the currencies that an amount with this sign may be in; None if it says none."""
    folded = sign.upper()
    if folded in _SIGNS:
        return frozenset(_SIGNS[folded].split())
    return frozenset({folded}) if folded in currencies() else None
