"""Random tickets, judged by the rule and by a walk through every second."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from models import sla
from models.actors import ActorKind
from models.lifecycle import TicketStatus
from tests.sla.oracle import BEYOND, END, Expected, Walk, expected, midnight_before
from tests.sla.stories import NIGHTS, Story, calendars, instants, later_facts, stories

# A walk of a ticket takes a tenth of a second.
QUICKLY = settings(deadline=None, max_examples=60, suppress_health_check=[*HealthCheck])
AT_LENGTH = settings(deadline=None, max_examples=1_000, suppress_health_check=[*HealthCheck])
MICROSECOND = timedelta(microseconds=1)


def same(begins: datetime, found: Sequence[sla.Clock], wanted: Sequence[Expected]) -> None:
    """Fail unless the clocks are those that the walk found, as far as it went."""
    assert [clock.kind.value for clock in found] == [each.kind for each in wanted]
    for clock, each in zip(found, wanted, strict=True):
        assert since(begins, clock.started_at) == each.start
        assert since(begins, clock.met_at) == each.met
        assert since(begins, clock.breached_at) == each.breached
        assert agree(begins, clock, clock.due_at, each.due)
        assert agree(begins, clock, clock.warn_at, each.warn)
        if clock.due_at is None:
            assert clock.remaining == (None if each.remaining is None else each.remaining * MICROSECOND)
        else:
            assert clock.remaining is None
        assert clock.state == each.state or (clock.state == "never" and each.due == BEYOND and clock.due_at is None)


def agree(begins: datetime, clock: sla.Clock, found: datetime | None, wanted: int | None) -> bool:
    """Whether an instant is the one found on the walk. What lies beyond its end may be never without weekly hours."""
    if wanted != BEYOND:
        return since(begins, found) == wanted
    if found is None:
        return not any(clock.promise.calendar.weekly)
    return found > begins + END * MICROSECOND


def since(begins: datetime, moment: datetime | None) -> int | None:
    return None if moment is None else (moment - begins) // MICROSECOND


@QUICKLY
@given(stories())
def test_every_clock_is_the_one_that_a_walk_through_all_seconds_finds(story: Story) -> None:
    judged_alike(story)


@pytest.mark.long
@AT_LENGTH
@given(stories())
def test_so_it_is_for_a_thousand_tickets(story: Story) -> None:
    judged_alike(story)


def judged_alike(story: Story) -> None:
    asked = story.policy, story.calendar, story.facts, story.now
    same(story.begins, sla.clocks(*asked), expected(story.begins, *asked))


@QUICKLY
@given(stories(), st.data())
def test_what_happens_about_the_due_instant_is_judged_to_the_millisecond(story: Story, data: st.DataObject) -> None:
    judged_alike_when_due(story, data)


@pytest.mark.long
@AT_LENGTH
@given(stories(), st.data())
def test_so_it_is_for_a_thousand_due_instants(story: Story, data: st.DataObject) -> None:
    judged_alike_when_due(story, data)


def judged_alike_when_due(story: Story, data: st.DataObject) -> None:
    horizon = story.begins + END * MICROSECOND - timedelta(hours=2)
    found = sla.clocks(story.policy, story.calendar, story.facts, story.now)
    dues = [due for clock in found for due in (clock.due_at, clock.warn_at) if due is not None and due < horizon]
    assume(dues)
    at = data.draw(st.sampled_from(dues)) + timedelta(milliseconds=data.draw(st.sampled_from([-1, 0, 0, 1, 3_600_000])))
    at = max(at, story.facts[0].at)
    more = data.draw(st.sampled_from(["answer", "resolve", "return", "return", "wait", "nothing", "something"]))
    if more == "return":
        back = [fact_at(at, "resolve"), sla.StatusChanged(at, TicketStatus.OPEN)]
        story = replace(story, facts=[*story.facts, *(fact for fact in back if fact is not None)])
    elif more != "nothing":
        fact = fact_at(at, more) or data.draw(later_facts(*story.night, at))
        story = replace(story, facts=[*story.facts, fact])
    for later in (0, 1):
        judged_alike(replace(story, now=at + timedelta(milliseconds=later)))


def fact_at(at: datetime, what: str) -> sla.TicketFact | None:
    match what:
        case "answer":
            return sla.MessageWritten(at, ActorKind.AGENT)
        case "resolve":
            return sla.StatusChanged(at, TicketStatus.RESOLVED)
        case "wait":
            return sla.StatusChanged(at, TicketStatus.WAITING_ON_CUSTOMER)
        case _:
            return None


@settings(deadline=None, max_examples=200)
@given(st.data(), st.sampled_from(NIGHTS))
def test_open_time_is_what_the_wall_clock_shows(data: st.DataObject, night: tuple[str, date, int]) -> None:
    begins = midnight_before(night[1])
    calendar = data.draw(calendars(*night))
    start, end = sorted([data.draw(instants(begins)), data.draw(instants(begins))])
    walk = Walk(begins, [start, end])
    used = walk.used(walk.at(start), walk.open(calendar))
    spent = int(used[walk.index(walk.at(end))])
    assert calendar.open_between(start, end) == spent * MICROSECOND
    # What is used by an instant out of hours is exactly what was left until closing time.
    amount = data.draw(st.sampled_from([max(spent, 1), spent + 1, 1_800_000_000, 12_345_678_901]))
    reached = calendar.after(start, amount * MICROSECOND)
    if used[-1] >= amount:
        index = int((used >= amount).argmax())
        assert since(begins, reached) == walk.grid[index] - (used[index] - amount)
    else:
        assert reached is None or reached > begins + END * MICROSECOND


@QUICKLY
@given(stories())
def test_an_explanation_leaves_nothing_out_and_adds_up(story: Story) -> None:
    asked = story.policy, story.calendar, story.facts, story.now
    for clock, each in zip(sla.clocks(*asked), expected(story.begins, *asked), strict=True):
        stretches = list(clock.explanation())
        edges = [clock.started_at, *(stretch.end for stretch in stretches)]
        assert [stretch.start for stretch in stretches] == edges[:-1]
        assert edges[-1] == (clock.met_at or story.now)
        assert all(one.reason is not other.reason for one, other in pairwise(stretches))
        assert all(stretch.length > timedelta() for stretch in stretches)
        counted = sum((stretch.length for stretch in stretches if stretch.counted), timedelta())
        assert counted == each.used * MICROSECOND
        if clock.remaining is not None and clock.target is not None:
            assert counted == clock.target - clock.remaining
