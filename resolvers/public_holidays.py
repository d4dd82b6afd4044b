"""Public holidays of countries, from the package that knows them."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module

from models.errors import InvalidInput
from resolvers import inputs

YEARS_LIMIT = 10
CODE_LIMIT = 30
# Of other years the package knows some of India's holidays, and warns that it lacks the rest.
_WHOLE = {"IN": range(2001, 2036)}


@dataclass(frozen=True, slots=True)
class HolidaysOf:
    """Whose holidays: an ISO 3166 country such as DE, a subdivision such as BY or None, and in which years."""

    country: str
    subdivision: str | None
    years: Sequence[int]


async def public_holidays(wanted: HolidaysOf) -> Mapping[date, str]:
    """The holidays with their names, in the country's own language; raises InvalidInput for what is not known."""
    if not 1 <= len(set(wanted.years)) <= YEARS_LIMIT:
        raise InvalidInput(f"Holidays are filled in for 1 to {YEARS_LIMIT} years at a time.", ["years"])
    return await asyncio.to_thread(_found, wanted)


def _found(wanted: HolidaysOf) -> Mapping[date, str]:
    # Half a second to import, and a country's module once more: for what few ask, once a year.
    package = import_module("holidays")
    country = inputs.text(wanted.country, "country", CODE_LIMIT).upper()
    subdivision = wanted.subdivision and inputs.text(wanted.subdivision, "subdivision", CODE_LIMIT)
    known: Mapping[str, Sequence[str]] = package.list_supported_countries()
    if country not in known:
        raise InvalidInput(f"There are no holidays of {country!r}: a country is a code such as DE.", ["country"])
    if subdivision and subdivision not in known[country]:
        parts = f"Those of {country} are {', '.join(known[country])}." if known[country] else f"{country} has none."
        raise InvalidInput(f"There is no subdivision {subdivision!r}. {parts}", ["subdivision"])
    entity = package.country_holidays(country, subdiv=subdivision)
    known_years = _WHOLE.get(entity.country, range(entity.start_year, entity.end_year + 1))
    if not all(year in known_years for year in wanted.years):
        span = f"{known_years.start} to {known_years.stop - 1}"
        raise InvalidInput(f"The holidays of {country} are known for {span}.", ["years"])
    # Names follow the machine's language unless told otherwise.
    language = entity.default_language
    return dict(package.country_holidays(country, subdiv=subdivision, years=wanted.years, language=language))
