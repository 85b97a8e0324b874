"""How a share of a whole reads (pure)."""


def percent(share: float) -> str:
    """Return a share of one in percent: whole from two on, with a decimal below; what is not nothing never reads as nothing."""
    of_hundred = share * 100
    if 0 < of_hundred < 0.05:
        return "< 0.1%"
    return f"{of_hundred:.1f}%" if 0 < of_hundred < 2 else f"{of_hundred:.0f}%"
