"""Where people live: addresses and postcodes, as checked values."""

import msgspec


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """One address with its use and period. ``postcode`` is well formed (``SE15 3QN``) or empty."""

    lines: tuple[str, ...] = ()
    town: str = ""
    postcode: str = ""
    uprn: str = ""
    use: str = "home"
    """``home``, ``temporary`` or ``former``."""
    start: str = ""
    end: str = ""
