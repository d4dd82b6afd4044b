"""When an organization is open: made, edited in versions, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from models.actors import Actor
from models.errors import Conflict, InvalidInput
from models.fact import Change
from models.organizations import Organization
from models.rows import load_all, new, select
from models.service_levels import BusinessCalendar
from models.sla import Calendar, CalendarDefinition, ExtraDay, Interval
from models.writer import Write, lock_organization, organization_write
from resolvers import inputs
from resolvers.access import access, look_up, operation
from resolvers.patches import KEEP, Keep, expect_version
from resolvers.public_holidays import HolidaysOf, public_holidays
from resolvers.versions import add_version, mark_deleted, rewrite
from resolvers.zones import known_zone

# The list is always shown whole.
CALENDARS_LIMIT = 50
NAME_LIMIT = 100
INTERVALS_LIMIT = 10
HOLIDAYS_LIMIT = 500
EXTRA_LIMIT = 366
DAY_NAME_LIMIT = 200
YEARS = range(2000, 2101)
KNOWN_YEARS = f"Calendars know the years {YEARS.start} to {YEARS.stop - 1}."


@dataclass(frozen=True, slots=True)
class Opening:
    """From when to when it is open, as people write times, on a day of the week where one is meant: Monday is 0."""

    opens: str
    closes: str
    weekday: int = 0


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A date that is not like others, what it is called, and when it is open."""

    date: date
    name: str | None = None
    intervals: Sequence[Opening] = ()


@dataclass(frozen=True, slots=True)
class CalendarChanges:
    """What to change of a calendar, or what a new one is made of.

    `holidays_of` are put to those that are given, or to those that are there; days that have a name keep it.
    """

    name: str | Keep = KEEP
    timezone: str | Keep = KEEP
    weekly: Sequence[Opening] | Keep = KEEP
    holidays: Sequence[NamedDay] | Keep = KEEP
    holidays_of: HolidaysOf | None = None
    extra: Sequence[NamedDay] | Keep = KEEP
    is_default: bool | Keep = KEEP


@operation
async def create_business_calendar(actor: Actor, wanted: CalendarChanges) -> UUID:
    """One more calendar, in the organization's time zone unless another is named."""
    filled = await _filled_in(wanted)
    async with organization_write(actor) as write:
        await lock_organization(write)
        organization = await look_up(write, Organization, actor.organization_id)
        blank = CalendarDefinition("", Calendar(organization.timezone, ((),) * 7))
        definition = _edited(blank, wanted, filled)
        calendars = await calendars_in_force(write)
        if len(calendars) >= CALENDARS_LIMIT:
            raise InvalidInput(
                f"An organization has at most {CALENDARS_LIMIT} calendars. Delete one that nobody needs."
            )
        calendar = add_calendar(write, definition)
        _keep_one_default(write, calendar, calendars)
    return calendar.id


@operation
async def update_business_calendar(
    actor: Actor, calendar_id: UUID | None, wanted: CalendarChanges, expected_version: int | None = None
) -> UUID:
    """Change a calendar from now on, with a version of its own; clocks that are met stay as they were promised."""
    filled = await _filled_in(wanted)
    async with organization_write(actor) as write:
        await lock_organization(write)
        calendar = await access(write, BusinessCalendar, calendar_id)
        expect_version("calendar", calendar.version, expected_version)
        if calendar.is_default and wanted.is_default is False:
            raise InvalidInput("There is always one default calendar: make another one the default.", ["is_default"])
        if _rewrite(write, calendar, _edited(definition_of(calendar), wanted, filled)):
            _keep_one_default(write, calendar, await calendars_in_force(write))
    return calendar.id


@operation
async def delete_business_calendar(actor: Actor, calendar_id: UUID | None) -> UUID:
    """Take a calendar off the list. What was promised by it stays promised so."""
    async with organization_write(actor) as write:
        await lock_organization(write)
        calendar = await access(write, BusinessCalendar, calendar_id)
        if calendar.is_default:
            raise Conflict("This is the default calendar: make another one the default first.")
        used = await write.connection.fetchval(
            "SELECT name FROM support_sla_policy WHERE calendar_id = $1 AND deleted_at IS NULL"
            " ORDER BY position LIMIT 1",
            calendar.id,
        )
        if used is not None:
            raise Conflict(f"The policy {used!r} counts by this calendar: give it another one first.")
        await mark_deleted(write, calendar)
    return calendar.id


async def calendars_in_force(write: Write) -> list[BusinessCalendar]:
    """The organization's calendars; nobody makes or changes one while the organization is locked."""
    rows = await write.connection.fetch(
        f"{select(BusinessCalendar)} WHERE t.organization_id = $1 AND t.deleted_at IS NULL", write.actor.organization_id
    )
    return load_all(BusinessCalendar, rows)


def add_calendar(write: Write, definition: CalendarDefinition) -> BusinessCalendar:
    """A new calendar and its first version."""
    calendar = new(
        BusinessCalendar,
        organization_id=write.actor.organization_id,
        name=definition.name,
        is_default=definition.is_default,
        definition=definition.as_json(),
        created_at=write.now,
        updated_at=write.now,
    )
    write.insert(calendar)
    add_version(write, calendar, Change.CREATED)
    return calendar


def definition_of(calendar: BusinessCalendar) -> CalendarDefinition:
    """What a calendar says now."""
    return CalendarDefinition.from_json(calendar.definition)


def _rewrite(write: Write, calendar: BusinessCalendar, definition: CalendarDefinition) -> bool:
    """Let a locked calendar say this from now on; whether that is anything new."""
    if definition == definition_of(calendar):
        return False
    rewrite(write, calendar, definition)
    return True


def _keep_one_default(write: Write, changed: BusinessCalendar, calendars: Sequence[BusinessCalendar]) -> None:
    """Where a calendar has become the default, the one that was so before no longer is."""
    for other in calendars if changed.is_default else ():
        if other.is_default and other.id != changed.id:
            _rewrite(write, other, replace(definition_of(other), is_default=False))


async def _filled_in(wanted: CalendarChanges) -> Mapping[date, str]:
    """The public holidays that are asked for. Found before the write, as it takes a moment the first time."""
    if wanted.holidays_of is None:
        return {}
    with inputs.inside("holidays_of"):
        if any(year not in YEARS for year in wanted.holidays_of.years):
            raise InvalidInput(KNOWN_YEARS, ["years"])
        return await public_holidays(wanted.holidays_of)


def _edited(before: CalendarDefinition, wanted: CalendarChanges, filled: Mapping[date, str]) -> CalendarDefinition:
    """The definition with what is wanted of it, checked and in the form that is stored."""
    calendar = before.calendar
    holidays, holiday_names = calendar.holidays, before.holiday_names
    if wanted.holidays is not KEEP:
        holidays = frozenset(_dates(wanted.holidays, "holidays"))
        holiday_names = _names(wanted.holidays, "holidays")
    holiday_names = {**{day: name[:DAY_NAME_LIMIT] for day, name in filled.items()}, **holiday_names}
    holidays |= filled.keys()
    if len(holidays) > HOLIDAYS_LIMIT:
        raise InvalidInput(f"A calendar has at most {HOLIDAYS_LIMIT} holidays.", ["holidays"])
    extra, extra_names = calendar.extra, before.extra_names
    if wanted.extra is not KEEP:
        extra, extra_names = _extra(wanted.extra), _names(wanted.extra, "extra")
    edited = Calendar(
        calendar.timezone if wanted.timezone is KEEP else known_zone(wanted.timezone),
        calendar.weekly if wanted.weekly is KEEP else _week(wanted.weekly),
        holidays,
        extra,
    )
    return CalendarDefinition(
        before.name if wanted.name is KEEP else inputs.line(wanted.name, "name", NAME_LIMIT),
        edited.tidied(),
        before.is_default if wanted.is_default is KEEP else wanted.is_default,
        holiday_names,
        extra_names,
    )


def _week(openings: Sequence[Opening]) -> tuple[tuple[Interval, ...], ...]:
    days: list[list[Interval]] = [[] for _ in range(7)]
    for place, opening in enumerate(openings):
        with inputs.inside("weekly", str(place)):
            days[opening.weekday].append(Interval.between(opening.opens, opening.closes))
    if max(map(len, days)) > INTERVALS_LIMIT:
        raise InvalidInput(f"A day is open at most {INTERVALS_LIMIT} times.", ["weekly"])
    return tuple(map(tuple, days))


def _extra(days: Sequence[NamedDay]) -> tuple[ExtraDay, ...]:
    if len(days) > EXTRA_LIMIT:
        raise InvalidInput(f"A calendar has at most {EXTRA_LIMIT} extra days.", ["extra"])
    return tuple(
        ExtraDay(day, _hours(extra.intervals, place))
        for place, (day, extra) in enumerate(zip(_dates(days, "extra"), days, strict=True))
    )


def _hours(openings: Sequence[Opening], place: int) -> tuple[Interval, ...]:
    if len(openings) > INTERVALS_LIMIT:
        raise InvalidInput(f"A day is open at most {INTERVALS_LIMIT} times.", ["extra", str(place), "intervals"])
    found = []
    for position, opening in enumerate(openings):
        with inputs.inside("extra", str(place), "intervals", str(position)):
            found.append(Interval.between(opening.opens, opening.closes))
    return tuple(found)


def _dates(days: Sequence[NamedDay], field: str) -> list[date]:
    for place, day in enumerate(days):
        if day.date.year not in YEARS:
            raise InvalidInput(KNOWN_YEARS, [field, str(place), "date"])
    return [day.date for day in days]


def _names(days: Sequence[NamedDay], field: str) -> dict[date, str]:
    """What the days are called; of a date that is named twice, the first name."""
    found: dict[date, str] = {}
    for place, day in enumerate(days):
        if day.name is not None:
            with inputs.inside(field, str(place)):
                found.setdefault(day.date, inputs.line(day.name, "name", DAY_NAME_LIMIT))
    return found
