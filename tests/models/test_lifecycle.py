"""The life cycle: the written table, and what must hold on every walk through it."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import TransitionNotAllowed
from models.lifecycle import (
    Mover,
    TicketStatus,
    advance,
    allowed_transitions,
    status_after_agent_message,
    status_after_customer_message,
)

OPEN, PENDING, WORK, WAIT, RESOLVED, CLOSED = TicketStatus
AGENT, CUSTOMER, AI, TIMER, MESSAGE = Mover

# The table of docs/lifecycle.md, written down a second time: from, to, who.
TABLE = """
open pending agent
open in_progress agent
open waiting_on_customer agent
open resolved agent ai customer
open closed agent
pending open agent timer
pending in_progress agent
pending waiting_on_customer agent
pending resolved agent ai customer
pending closed agent
in_progress pending agent
in_progress waiting_on_customer agent
in_progress resolved agent customer
in_progress closed agent
waiting_on_customer open customer_message
waiting_on_customer in_progress agent customer_message
waiting_on_customer resolved agent customer
waiting_on_customer closed agent
resolved open agent customer customer_message
resolved closed agent timer
closed open agent customer customer_message
"""
STEPS = {
    (TicketStatus(row.split()[0]), TicketStatus(row.split()[1]), Mover(mover))
    for row in TABLE.strip().splitlines()
    for mover in row.split()[2:]
}


@pytest.mark.parametrize("current", TicketStatus)
@pytest.mark.parametrize("target", TicketStatus)
@pytest.mark.parametrize("mover", Mover)
def test_every_cell_of_the_table(current: TicketStatus, target: TicketStatus, mover: Mover) -> None:
    if (current, target, mover) in STEPS:
        assert advance(mover, current, target) is target
    else:
        with pytest.raises(TransitionNotAllowed):
            advance(mover, current, target)


@given(st.lists(st.tuples(st.sampled_from(Mover), st.sampled_from(TicketStatus)), max_size=60))
def test_a_random_walk_only_ever_takes_steps_of_the_table(tries: list[tuple[Mover, TicketStatus]]) -> None:
    status = OPEN
    for mover, target in tries:
        before = status
        try:
            status = advance(mover, status, target)
        except TransitionNotAllowed:
            assert target not in allowed_transitions(mover, before)
        else:
            assert (before, status, mover) in STEPS


@given(st.sampled_from(TicketStatus), st.booleans())
def test_messages_only_take_steps_that_the_table_has(current: TicketStatus, assigned: bool) -> None:
    after_agent = status_after_agent_message(current)
    assert after_agent is current or (current, after_agent, AGENT) in STEPS
    after_customer = status_after_customer_message(current, someone_active_assigned=assigned)
    assert after_customer is current or (current, after_customer, MESSAGE) in STEPS


def test_the_main_road_can_be_walked_by_an_agent_with_no_message() -> None:
    road = [OPEN, PENDING, WORK, WAIT, RESOLVED, CLOSED]
    for current, target in pairwise(road):
        assert advance(AGENT, current, target) is target


@pytest.mark.parametrize(
    ("current", "target", "mover", "message"),
    [
        (CLOSED, RESOLVED, AGENT, "A closed ticket can only be reopened."),
        (
            WORK,
            OPEN,
            AGENT,
            "A ticket that is in progress can't become open; it can become pending, "
            "waiting on customer, resolved, closed.",
        ),
        (OPEN, OPEN, CUSTOMER, "The ticket is open already; it can become resolved."),
        (WAIT, OPEN, AI, "A ticket that is waiting on customer can't become open; you can't change its status."),
    ],
)
def test_a_refusal_says_what_is_allowed(
    current: TicketStatus, target: TicketStatus, mover: Mover, message: str
) -> None:
    with pytest.raises(TransitionNotAllowed) as refused:
        advance(mover, current, target)
    assert refused.value.message == message


@pytest.mark.parametrize(
    ("current", "assigned", "after"),
    [
        (WAIT, True, WORK),
        (WAIT, False, OPEN),
        (RESOLVED, True, OPEN),
        (CLOSED, False, OPEN),
        (OPEN, False, OPEN),
        (PENDING, True, PENDING),
        (WORK, False, WORK),
    ],
)
def test_a_customers_message_gives_the_ball_back(current: TicketStatus, assigned: bool, after: TicketStatus) -> None:
    assert status_after_customer_message(current, someone_active_assigned=assigned) is after
