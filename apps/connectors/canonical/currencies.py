"""The currencies money may be in (ISO 4217, without metals and test codes) and their smallest units."""

from decimal import ROUND_HALF_UP, Context, Decimal

_CODES = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
    COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR
    ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF
    SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU
    UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
"""
_WITHOUT_CENTS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_IN_MILLS = "BHD IQD JOD KWD LYD OMR TND"

KNOWN_CURRENCIES = frozenset(_CODES.split())

# Wide enough for the product of two numbers of any size a record may hold; what is too large is judged elsewhere.
_WIDE = Context(prec=80)
_WHOLE = Decimal(1)
_CENTS = Decimal("0.01")
_MILLS = Decimal("0.001")
_SMALLEST = {
    **dict.fromkeys(_WITHOUT_CENTS.split(), _WHOLE),
    **dict.fromkeys(_IN_MILLS.split(), _MILLS),
}


def round_money(value: Decimal, currency: str = "") -> Decimal:
    """Round half up to the currency's smallest unit (cents where none is known): 1.005 EUR -> 1.01."""
    return value.quantize(_SMALLEST.get(currency, _CENTS), ROUND_HALF_UP, _WIDE)
