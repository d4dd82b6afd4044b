"""IANA time zones, by the names that this machine knows."""

from __future__ import annotations

from zoneinfo import available_timezones

from models.errors import InvalidInput

# Names in a machine's folder of zones that are no place's: what this machine is set to, and that it is set to nothing.
_NOWHERE = frozenset({"localtime", "Factory"})


def known_zone(name: str) -> str:
    """The name, if it is a zone's; raises InvalidInput otherwise."""
    if name not in available_timezones() - _NOWHERE:
        raise InvalidInput(f"{name!r} is not an IANA time zone such as Europe/Berlin.", ["timezone"])
    return name
