"""A ticket's clocks as the API shows them: exact at every instant, whether a worker has come to it or not"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from models.lifecycle import TicketPriority
from models.sla import Calendar, Interval, Policy, PolicyDefinition, Targets
from models.sla.definitions import Condition
from tests.client import GraphQLErrors
from tests.sla.desks import FRIDAY, HOUR, MINUTE, Desk, calendar, policy

Desks = Callable[[], Awaitable[Desk]]

SHOWN = """query($id: ID!) { ticket(id: $id) { sla {
  kind state startedAt targetSeconds dueAt remainingSeconds warnAt metAt breachedAt pausedSince priority
  policy { name number } calendar { name }
  explanation(first: 100) { from to counted reason seconds } } } }"""
BRIEF = "query($id: ID!) { ticket(id: $id) { sla { kind state dueAt remainingSeconds breachedAt } } }"


def text(instant: datetime) -> str:
    """As the API spells it."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def sla(desk: Desk, ticket: Any, query: str = BRIEF) -> list[dict[str, Any]]:
    """The clocks that an agent sees."""
    clocks: list[dict[str, Any]] = (await desk.helpdesk.agent.query(query, id=ticket["id"]))["ticket"]["sla"]
    return clocks


async def both_ways(desk: Desk, ticket: Any, query: str = BRIEF) -> list[dict[str, Any]]:
    """The same before a worker has come to it and after."""
    from_the_log = await sla(desk, ticket, query)
    await desk.follow()
    assert await sla(desk, ticket, query) == from_the_log
    return from_the_log


async def test_all_there_is_to_know_of_a_clock(a_desk: Desks) -> None:
    desk = await a_desk()
    (office,) = await desk.promise(calendar())
    await desk.promise(policy("Gold", hours=4, warn_before=HOUR, calendar_id=office))
    desk.clock.now = FRIDAY + 7 * HOUR
    ticket = await desk.helpdesk.ticket()
    desk.later(2 * HOUR)

    first, _resolution = await both_ways(desk, ticket, SHOWN)

    assert first == {
        "kind": "FIRST_RESPONSE",
        "state": "RUNNING",
        "startedAt": "2026-11-06T16:00:00.000Z",
        "targetSeconds": 14_400,
        "dueAt": "2026-11-09T11:00:00.000Z",
        "remainingSeconds": None,
        "warnAt": "2026-11-09T10:00:00.000Z",
        "metAt": None,
        "breachedAt": None,
        "pausedSince": None,
        "priority": "MEDIUM",
        "policy": {"name": "Gold", "number": 1},
        "calendar": {"name": "Office"},
        "explanation": [
            {
                "from": "2026-11-06T16:00:00.000Z",
                "to": "2026-11-06T17:00:00.000Z",
                "counted": True,
                "reason": "OPEN_HOURS",
                "seconds": 3600.0,
            },
            {
                "from": "2026-11-06T17:00:00.000Z",
                "to": "2026-11-06T18:00:00.000Z",
                "counted": False,
                "reason": "CLOSED_HOURS",
                "seconds": 3600.0,
            },
        ],
    }


async def test_customers_see_no_clocks(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy())
    ticket = await desk.helpdesk.ticket()

    seen = await desk.helpdesk.customer.query(BRIEF, id=ticket["id"])

    assert seen == {"ticket": {"sla": []}}
    assert len(await sla(desk, ticket)) == 2


async def test_a_clock_is_breached_a_millisecond_after_it_was_due_with_no_worker_at_hand(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()

    desk.later(4 * HOUR)
    (at_due, _) = await sla(desk, ticket)
    desk.later(timedelta(milliseconds=1))
    (after, _) = await sla(desk, ticket)

    assert (at_due["state"], at_due["breachedAt"]) == ("RUNNING", None)
    assert (after["state"], after["breachedAt"]) == ("BREACHED", text(FRIDAY + 4 * HOUR))


async def test_an_answer_meets_the_first_response_and_the_next_message_starts_another_clock(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    desk.later(4 * HOUR)
    await desk.helpdesk.agent.add_message(input={"ticketId": ticket["id"], "body": "We look into it."})
    desk.later(HOUR)
    await desk.helpdesk.customer.add_message(input={"ticketId": ticket["id"], "body": "And?"})

    first, following, resolution = await both_ways(desk, ticket)

    assert [each["kind"] for each in (first, following, resolution)] == [
        "FIRST_RESPONSE",
        "NEXT_RESPONSE",
        "RESOLUTION",
    ]
    assert (first["state"], first["dueAt"]) == ("MET", text(FRIDAY + 4 * HOUR))
    assert (following["state"], following["dueAt"]) == ("RUNNING", text(FRIDAY + 9 * HOUR))


async def test_waiting_for_the_customer_pauses_and_their_message_goes_on(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    desk.later(HOUR)
    await desk.helpdesk.agent.add_message(
        input={"ticketId": ticket["id"], "body": "Which one?", "thenStatus": "WAITING_ON_CUSTOMER"}
    )
    desk.later(10 * HOUR)
    paused = (await both_ways(desk, ticket))[-1]
    await desk.helpdesk.customer.add_message(input={"ticketId": ticket["id"], "body": "The blue one."})

    resumed = (await both_ways(desk, ticket))[-1]

    assert (paused["state"], paused["dueAt"], paused["remainingSeconds"]) == ("PAUSED", None, 7 * 3600)
    assert (resumed["state"], resumed["dueAt"]) == ("RUNNING", text(FRIDAY + 18 * HOUR))


async def test_a_reopened_ticket_goes_on_where_it_was(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    desk.later(HOUR)
    await desk.helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    met = (await both_ways(desk, ticket))[-1]
    desk.later(24 * HOUR)
    await desk.helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])

    reopened = (await both_ways(desk, ticket))[-1]

    assert met["state"] == "MET"
    assert (reopened["state"], reopened["dueAt"]) == ("RUNNING", text(FRIDAY + 32 * HOUR))


async def test_a_higher_priority_counts_from_the_start_and_breaches_at_its_own_instant(a_desk: Desks) -> None:
    desk = await a_desk()
    hours = {TicketPriority.MEDIUM: 8, TicketPriority.URGENT: 1}
    await desk.promise(
        PolicyDefinition("By priority", Policy({each: Targets(hours[each] * HOUR) for each in hours}), is_default=True)
    )
    ticket = await desk.helpdesk.ticket()
    desk.later(2 * HOUR)
    await desk.helpdesk.agent.update_ticket(input={"ticketId": ticket["id"], "priority": "URGENT"})
    desk.later(HOUR)

    (first,) = await both_ways(desk, ticket)

    assert (first["state"], first["dueAt"], first["breachedAt"]) == (
        "BREACHED",
        text(FRIDAY + HOUR),
        text(FRIDAY + 2 * HOUR),
    )


async def test_an_edited_policy_holds_at_once_for_the_open_tickets(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(HOUR)
    await desk.promise(policy(hours=6), of=policy_id)

    (first, _resolution) = await sla(desk, ticket)

    assert first["dueAt"] == text(FRIDAY + 6 * HOUR)


async def test_a_tag_selects_another_policy_from_then_on(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    plain = await desk.helpdesk.ticket()
    await desk.helpdesk.agent.add_ticket_tags(ticket_id=plain["id"], tags=["vip"])
    tag_id = await desk.database.fetchval(
        "SELECT id FROM support_tag WHERE organization_id = $1 AND name = 'vip'", desk.system.organization_id
    )
    await desk.promise(policy("Vips", hours=1, is_default=False, conditions=(Condition(tags=frozenset({tag_id})),)))
    desk.later(30 * MINUTE)
    born_vip = await desk.helpdesk.agent.create_ticket(
        input={"subject": "Now", "body": "Please.", "tags": ["vip"], "onBehalfOf": {"email": "a@example.test"}}
    )
    become_vip = await desk.helpdesk.ticket()
    desk.later(10 * MINUTE)
    await desk.helpdesk.agent.add_ticket_tags(ticket_id=become_vip["id"], tags=["vip"])

    due = [(await both_ways(desk, ticket))[0]["dueAt"] for ticket in (plain, born_vip, become_vip)]

    assert due == [text(FRIDAY + HOUR), text(FRIDAY + 1.5 * HOUR), text(FRIDAY + 1.5 * HOUR)]
    (applied,) = await desk.recorded(born_vip)
    assert applied.occurred_at == FRIDAY + 30 * MINUTE


async def test_a_calendar_that_never_opens_is_never_due_and_an_extra_day_uses_some(a_desk: Desks) -> None:
    desk = await a_desk()
    closed = Calendar("UTC", ((),) * 7)
    (never,) = await desk.promise(calendar("Closed", closed))
    await desk.promise(policy(hours=4, calendar_id=never))
    ticket = await desk.helpdesk.ticket()
    desk.later(24 * HOUR)

    (first, _resolution) = await both_ways(desk, ticket)

    assert (first["state"], first["dueAt"], first["remainingSeconds"]) == ("NEVER", None, 4 * 3600)


async def test_an_explanation_goes_on_where_it_was_cut(a_desk: Desks) -> None:
    desk = await a_desk()
    hours = Calendar("Europe/Berlin", ((Interval.between("09:00", "12:00"), Interval.between("13:00", "18:00")),) * 7)
    (office,) = await desk.promise(calendar("Office", hours))
    await desk.promise(policy(hours=400, calendar_id=office))
    ticket = await desk.helpdesk.ticket()
    desk.later(timedelta(days=20))
    query = """query($id: ID!, $from: DateTime, $first: Int) { ticket(id: $id) { sla {
      explanation(from: $from, first: $first) { from to counted seconds } } } }"""

    pages: list[Any] = []
    since = None
    while not pages or len(pages[-1]) == 30:
        found = await desk.helpdesk.agent.query(query, id=ticket["id"], first=30, **{"from": since})
        pages.append(found["ticket"]["sla"][0]["explanation"])
        since = pages[-1][-1]["to"]
    stretches = [stretch for page in pages for stretch in page]

    assert stretches[0]["from"] == text(FRIDAY) and stretches[-1]["to"] == text(desk.clock.now)
    assert all(one["to"] == following["from"] for one, following in pairwise(stretches))
    # Twenty days of eight hours: it opened at eight, an hour before the ticket came, and is an hour short today.
    assert sum(each["seconds"] for each in stretches if each["counted"]) == 20 * 8 * 3600


@pytest.mark.parametrize("first", [0, 201])
async def test_an_explanation_has_so_many_stretches_at_a_time(a_desk: Desks, first: int) -> None:
    desk = await a_desk()
    await desk.promise(policy())
    ticket = await desk.helpdesk.ticket()
    query = "query($id: ID!, $first: Int) { ticket(id: $id) { sla { explanation(first: $first) { seconds } } } }"

    with pytest.raises(GraphQLErrors) as refused:
        await desk.helpdesk.agent.query(query, id=ticket["id"], first=first)

    assert refused.value.codes[0] == "INVALID_INPUT"
    assert refused.value.errors[0]["message"] == "An explanation has 1 to 200 stretches at a time."


async def test_of_a_long_conversation_the_newest_clocks_are_shown(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    ticket = await desk.helpdesk.ticket()
    for _ in range(23):
        for who in (desk.helpdesk.agent, desk.helpdesk.customer):
            desk.later(MINUTE)
            await who.add_message(input={"ticketId": ticket["id"], "body": "Yes?"})

    clocks = await both_ways(desk, ticket, "query($id: ID!) { ticket(id: $id) { sla { kind startedAt } } }")

    assert [each["kind"] for each in clocks] == ["FIRST_RESPONSE", *["NEXT_RESPONSE"] * 20, "RESOLUTION"]
    assert clocks[1]["startedAt"] == text(FRIDAY + 8 * MINUTE)
    assert clocks[-2]["startedAt"] == text(FRIDAY + 46 * MINUTE)


@pytest.mark.parametrize("asker", [{"onBehalfOf": {"email": "ines@example.test"}}, {}])
async def test_the_message_that_a_ticket_is_opened_with_answers_nobody(a_desk: Desks, asker: dict[str, Any]) -> None:
    """Neither the customer's, whom an agent writes for, nor an agent's own; what an agent writes next does."""
    desk = await a_desk()
    await desk.promise(policy(hours=4))
    agent = desk.helpdesk.agent
    ticket = await agent.create_ticket(input={"subject": "Broken", "body": "It blinks.", **asker})

    opened = await both_ways(desk, ticket)
    desk.later(HOUR)
    await agent.add_message(input={"ticketId": ticket["id"], "body": "Try this."})
    answered = await both_ways(desk, ticket)

    assert [(each["kind"], each["state"]) for each in opened] == [
        ("FIRST_RESPONSE", "RUNNING"),
        ("RESOLUTION", "RUNNING"),
    ]
    assert [(each["kind"], each["state"]) for each in answered] == [
        ("FIRST_RESPONSE", "MET"),
        ("RESOLUTION", "RUNNING"),
    ]
