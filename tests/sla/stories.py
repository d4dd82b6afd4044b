"""Tickets, calendars and policies made at random, around dates on which clocks were set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from hypothesis import strategies as st

from models import sla
from models.actors import ActorKind
from models.lifecycle import TicketPriority, TicketStatus
from tests.sla.oracle import midnight_before

# Clocks set both ways, by half hours, at midnight, over midnight and over a whole date; and some never set. The minutes
# say when it begins that clocks skip or repeat, or when it is morning.
NIGHTS = [
    ("Europe/Berlin", date(2026, 3, 29), 120),
    ("Europe/Berlin", date(2026, 10, 25), 120),
    ("America/New_York", date(2026, 3, 8), 120),
    ("America/New_York", date(2026, 11, 1), 60),
    ("Australia/Lord_Howe", date(2026, 4, 4), 90),
    ("Australia/Lord_Howe", date(2026, 10, 3), 120),
    ("America/Havana", date(2026, 3, 8), 0),
    ("America/Havana", date(2026, 11, 1), 0),
    ("Asia/Beirut", date(2026, 3, 28), 0),
    ("Asia/Beirut", date(2026, 10, 24), 1380),
    ("America/Sao_Paulo", date(2018, 11, 4), 0),
    ("America/Sao_Paulo", date(2018, 2, 17), 1380),
    ("America/St_Johns", date(2010, 3, 14), 1),
    ("America/St_Johns", date(2010, 11, 7), 1381),
    ("Atlantic/Azores", date(2026, 10, 25), 0),
    ("Africa/Casablanca", date(2026, 2, 15), 120),
    ("Pacific/Chatham", date(2026, 4, 4), 165),
    ("Pacific/Apia", date(2011, 12, 30), 0),
    ("Pacific/Kiritimati", date(2026, 6, 1), 540),
    ("Asia/Kathmandu", date(2026, 12, 31), 540),
    ("Asia/Kolkata", date(2028, 2, 29), 540),
    ("UTC", date(2026, 7, 4), 540),
]
MESSAGES = [
    (ActorKind.AGENT, False),
    (ActorKind.AGENT, False),
    (ActorKind.AGENT, True),
    (ActorKind.AI, False),
    (ActorKind.AI, True),
    (ActorKind.SYSTEM, False),
    (ActorKind.CUSTOMER, False),
    (ActorKind.CUSTOMER, False),
]

STATUSES = [*TicketStatus, TicketStatus.RESOLVED, TicketStatus.OPEN]
ALL_DAY = (sla.Interval(timedelta(), timedelta(days=1)),)
SECONDS = [0, 1, 600, 1_800, 3_600, 3_600, 5_400, 7_200, 7_200, 12_345, 14_400, 36_000]
targets = st.sampled_from([None, *(timedelta(seconds=seconds) for seconds in SECONDS)])


@st.composite
def intervals(draw: st.DrawFn, about: int) -> tuple[sla.Interval, ...]:
    """Hours that open or close where clocks are set, mostly."""
    close = [about + minutes for minutes in (-60, -30, 0, 1, 10, 30, 50, 60, 90, 120)]
    minutes = st.sampled_from([0, 1080, 1440, *(minute for minute in close if 0 <= minute <= 1440)])
    pairs = st.tuples(minutes, minutes).filter(lambda pair: pair[0] < pair[1])
    return tuple(
        sla.Interval(timedelta(minutes=opens), timedelta(minutes=closes))
        for opens, closes in draw(st.lists(pairs, max_size=3))
    )


@st.composite
def calendars(draw: st.DrawFn, zone: str, near: date, about: int = 540) -> sla.Calendar:
    """One whose holidays and extra days are close."""
    days = st.integers(-2, 3).map(lambda days: near + timedelta(days=days))
    kinds = draw(st.lists(st.one_of(intervals(about), st.just(ALL_DAY)), min_size=1, max_size=3))
    return sla.Calendar(
        zone,
        tuple(draw(st.sampled_from(kinds)) for _ in range(7)),
        draw(st.frozensets(days, max_size=2)),
        tuple(sla.ExtraDay(day, draw(intervals(about))) for day in draw(st.sets(days, max_size=1))),
    )


@st.composite
def policies(draw: st.DrawFn) -> sla.Policy:
    """One with few different targets, so that changes of priority make some difference, and some none."""
    choices = draw(st.lists(st.builds(sla.Targets, targets, targets, targets), min_size=1, max_size=3))
    return sla.Policy(
        {priority: draw(st.sampled_from(choices)) for priority in TicketPriority},
        timedelta(seconds=draw(st.sampled_from([0, 1, 900, 3_600, 20_000]))),
        draw(st.sampled_from([frozenset(), frozenset({TicketStatus.WAITING_ON_CUSTOMER}), frozenset(TicketStatus)])),
        draw(st.booleans()),
        draw(st.booleans()),
    )


@st.composite
def instants(draw: st.DrawFn, begins: datetime) -> datetime:
    """On the half hour, mostly; to the millisecond otherwise."""
    halves = st.integers(36, 120).map(lambda half: timedelta(minutes=30 * half))
    anything = st.integers(64_800_000, 216_000_000).map(lambda ms: timedelta(milliseconds=ms))
    return begins + draw(st.one_of(halves, halves, anything))


@st.composite
def later_facts(draw: st.DrawFn, zone: str, near: date, about: int, at: datetime) -> sla.TicketFact:
    """Anything that may happen to a ticket once it is there."""
    match draw(st.sampled_from(["message"] * 6 + ["status"] * 4 + ["priority", "priority", "policy", "calendar"])):
        case "message":
            return sla.MessageWritten(at, *draw(st.sampled_from(MESSAGES)))
        case "status":
            return sla.StatusChanged(at, draw(st.sampled_from(STATUSES)))
        case "priority":
            return sla.PriorityChanged(at, draw(st.sampled_from(TicketPriority)))
        case "policy":
            return sla.PolicyChanged(at, draw(policies()))
        case _:
            return sla.CalendarChanged(at, draw(calendars(zone, near, about)))


@dataclass(frozen=True)
class Story:
    """What was promised, what happened in which order of arrival, when one looks, and when the walk begins."""

    begins: datetime
    policy: sla.Policy
    calendar: sla.Calendar
    facts: list[sla.TicketFact]
    now: datetime
    night: tuple[str, date, int]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """A ticket around one of the nights."""
    night = draw(st.sampled_from(NIGHTS))
    begins = midnight_before(night[1])
    created = draw(instants(begins))
    facts: list[sla.TicketFact] = [sla.Created(created, draw(st.sampled_from(TicketPriority)))]
    # As many at once as to be answered, and asked again, and reopened: hypothesis would rather have few.
    moments = st.lists(instants(begins), min_size=draw(st.sampled_from([0, 4, 8, 12])), max_size=12)
    facts += [draw(later_facts(*night, max(created, at))) for at in draw(moments)]
    now = draw(st.sampled_from([begins + timedelta(hours=70), max(created, draw(instants(begins)))]))
    return Story(begins, draw(policies()), draw(calendars(*night)), facts, now, night)
