"""What versions keep: the JSON of policies and calendars, and which tickets a policy is for"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import sla
from models.lifecycle import TicketPriority, TicketStatus
from models.sla.definitions import wall_time

NAMES = st.text(min_size=1, max_size=20)
SECONDS = st.integers(0, 315_360_000).map(lambda seconds: timedelta(seconds=seconds))
TARGETS = st.builds(sla.Targets, st.none() | SECONDS, st.none() | SECONDS, st.none() | SECONDS)
POLICIES = st.builds(
    sla.Policy,
    st.dictionaries(st.sampled_from(TicketPriority), TARGETS),
    warn_before=SECONDS,
    pause_on=st.frozensets(st.sampled_from(TicketStatus)),
    pause_first_response=st.booleans(),
    ai_counts_as_response=st.booleans(),
)
UUIDS = st.frozensets(st.uuids(), min_size=1, max_size=3)
CONDITIONS = st.one_of(
    st.builds(sla.Condition, tags=UUIDS),
    st.builds(sla.Condition, categories=UUIDS),
    st.builds(sla.Condition, domains=st.frozensets(st.sampled_from(["a.test", "b.test", "bücher.test"]), min_size=1)),
)
ESCALATIONS = st.builds(
    sla.Escalation,
    st.sampled_from(sla.SlaEscalationAction),
    after_percent=st.none() | st.integers(1, 99),
    clock=st.none() | st.sampled_from(sla.SlaClockKind),
    priority=st.none() | st.sampled_from(TicketPriority),
    assignee_id=st.none() | st.uuids(),
)
POLICY_DEFINITIONS = st.builds(
    sla.PolicyDefinition,
    NAMES,
    POLICIES,
    position=st.integers(0, 50),
    is_default=st.booleans(),
    calendar_id=st.none() | st.uuids(),
    conditions=st.lists(CONDITIONS, max_size=3).map(tuple),
    escalations=st.lists(ESCALATIONS, max_size=3).map(tuple),
)
MINUTES = st.tuples(st.integers(0, 1440), st.integers(0, 1440)).filter(lambda pair: pair[0] < pair[1])
INTERVALS = st.lists(MINUTES, max_size=3).map(
    lambda pairs: tuple(sla.Interval(timedelta(minutes=opens), timedelta(minutes=closes)) for opens, closes in pairs)
)
DATES = st.dates(date(1970, 1, 1), date(2200, 12, 31))
EXTRA = st.dictionaries(DATES, INTERVALS, max_size=3).map(
    lambda days: tuple(sla.ExtraDay(day, intervals) for day, intervals in days.items())
)
CALENDARS = st.builds(
    sla.Calendar,
    st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"]),
    st.tuples(*[INTERVALS] * 7),
    holidays=st.frozensets(DATES, max_size=3),
    extra=EXTRA,
)
CALENDAR_DEFINITIONS = st.builds(
    sla.CalendarDefinition,
    NAMES,
    CALENDARS,
    is_default=st.booleans(),
    holiday_names=st.dictionaries(DATES, NAMES, max_size=3),
    extra_names=st.dictionaries(DATES, NAMES, max_size=3),
)


@given(POLICY_DEFINITIONS)
def test_a_policy_is_read_back_as_it_was(definition: sla.PolicyDefinition) -> None:
    kept = orjson.loads(orjson.dumps(definition.as_json()))

    assert sla.PolicyDefinition.from_json(kept) == definition
    assert sla.PolicyDefinition.from_json(kept).as_json() == kept


@given(CALENDAR_DEFINITIONS)
def test_a_calendar_is_read_back_as_it_was(definition: sla.CalendarDefinition) -> None:
    kept = orjson.loads(orjson.dumps(definition.as_json()))

    assert sla.CalendarDefinition.from_json(kept) == definition
    assert sla.CalendarDefinition.from_json(kept).as_json() == kept


def test_a_version_is_told_apart_and_changes_no_promise() -> None:
    policy = sla.PolicyDefinition("Gold", sla.Policy({TicketPriority.LOW: sla.Targets(timedelta(hours=1))}))
    calendar = sla.CalendarDefinition("Always", sla.ALWAYS_OPEN)
    version = uuid4()

    read = sla.PolicyDefinition.from_json(policy.as_json(), version)
    shown = sla.CalendarDefinition.from_json(calendar.as_json(), version)

    assert (read.policy.version, shown.calendar.version) == (version, version)
    assert read == policy and shown == calendar


def test_what_the_targets_are_is_the_terms_and_what_it_is_called_is_not() -> None:
    targets = {TicketPriority.LOW: sla.Targets(timedelta(hours=1))}
    policy = sla.PolicyDefinition("Gold", sla.Policy(targets))
    step = sla.Escalation(sla.SlaEscalationAction.NOTIFY_ADMINS)

    assert policy.same_terms(sla.PolicyDefinition("Silver", sla.Policy(targets), position=3, is_default=True))
    assert not policy.same_terms(sla.PolicyDefinition("Gold", sla.Policy({})))
    assert not policy.same_terms(sla.PolicyDefinition("Gold", sla.Policy(targets), escalations=(step,)))

    calendar = sla.CalendarDefinition("Office", sla.ALWAYS_OPEN)
    closed = sla.Calendar("UTC", ((),) * 7)
    assert calendar.same_terms(sla.CalendarDefinition("Shop", sla.ALWAYS_OPEN, is_default=True))
    assert not calendar.same_terms(sla.CalendarDefinition("Office", closed))


VIP, LATE, BILLING = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("conditions", "chosen"),
    [
        ((), False),
        ((sla.Condition(tags=frozenset({VIP})),), True),
        ((sla.Condition(tags=frozenset({VIP, LATE})),), True),
        ((sla.Condition(tags=frozenset({LATE})),), False),
        ((sla.Condition(categories=frozenset({BILLING})),), True),
        ((sla.Condition(categories=frozenset({VIP})),), False),
        ((sla.Condition(domains=frozenset({"example.test"})),), True),
        ((sla.Condition(domains=frozenset({"ample.test"})),), False),
        ((sla.Condition(tags=frozenset({VIP})), sla.Condition(domains=frozenset({"example.test"}))), True),
        ((sla.Condition(tags=frozenset({VIP})), sla.Condition(tags=frozenset({LATE}))), False),
    ],
)
def test_a_policy_is_for_tickets_that_fulfil_all_its_conditions(
    conditions: tuple[sla.Condition, ...], chosen: bool
) -> None:
    definition = sla.PolicyDefinition("Gold", sla.NOTHING_PROMISED, conditions=conditions)

    assert definition.chosen_for({VIP}, BILLING, "example.test") is chosen


def test_a_ticket_without_a_category_has_none_of_them() -> None:
    condition = sla.Condition(categories=frozenset({BILLING}))

    assert not condition.holds(frozenset(), None, "example.test")


@pytest.mark.parametrize("text", ["00:00", "09:05", "23:59", "24:00"])
def test_times_are_spelled_as_they_are_read(text: str) -> None:
    closes = sla.Interval.between("00:00", text).closes if text != "00:00" else timedelta()

    assert wall_time(closes) == text
