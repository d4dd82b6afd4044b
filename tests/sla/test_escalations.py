"""Steps of a policy: taken once, at their instants, by the rules of the ordinary operations, and told in the history"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from models.lifecycle import TicketPriority
from models.service_level_events import SlaWarning
from models.sla import Escalation, SlaClockKind, SlaEscalationAction
from resolvers.verification import Difference, verify_clocks
from tests.sla.desks import FRIDAY, HOUR, Desk, policy

Desks = Callable[[], Awaitable[Desk]]
MOMENT = timedelta(milliseconds=1)
FIRST = SlaClockKind.FIRST_RESPONSE
RAISE = Escalation(SlaEscalationAction.RAISE_PRIORITY, 50, FIRST, priority=TicketPriority.HIGH)
CALL = Escalation(SlaEscalationAction.NOTIFY_ADMINS, None, FIRST)

HISTORY = """query($id: ID!) { ticket(id: $id) { priority assignee { id } events(first: 50) { nodes {
  __typename occurredAt actorKind ... on SlaEscalated { kind step action priority assignee { id } done }
  ... on TicketUpdated { updated: priority previousPriority } } } } }"""


async def history(desk: Desk, ticket: Any) -> tuple[Any, list[Any]]:
    """The ticket as agents see it, and what happened to it since it was opened, promises left out."""
    shown = (await desk.helpdesk.agent.query(HISTORY, id=ticket["id"]))["ticket"]
    return shown, [each for each in shown["events"]["nodes"] if each["__typename"] not in BESIDES]


BESIDES = {"TicketCreated", "MessageAdded", "SlaPolicyApplied"}


def at(instant: datetime) -> str:
    """An instant as the API writes it."""
    return f"{instant:%Y-%m-%dT%H:%M:%S}.{instant.microsecond // 1000:03}Z"


async def wrong(desk: Desk) -> list[Difference]:
    """What is stored and not as the events have it."""
    verified, _ = await verify_clocks(desk.system)
    return list(verified.differences)


async def test_a_step_is_taken_at_its_share_of_the_target_and_once(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, escalations=(RAISE, CALL)))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    assert (await desk.sla(ticket)).next_at == FRIDAY + 2 * HOUR
    assert await wrong(desk) == []

    desk.later(2 * HOUR - MOMENT)
    await desk.look(ticket)
    assert (await history(desk, ticket))[1] == []
    desk.later(MOMENT)
    await asyncio.gather(*(desk.look(ticket) for _ in range(3)))
    await desk.follow()

    shown, happened = await history(desk, ticket)
    assert shown["priority"] == "HIGH"
    assert happened == [
        {
            "__typename": "SlaEscalated",
            "occurredAt": at(FRIDAY + 2 * HOUR),
            "actorKind": "SYSTEM",
            "kind": "FIRST_RESPONSE",
            "step": 1,
            "action": "RAISE_PRIORITY",
            "priority": "HIGH",
            "assignee": None,
            "done": True,
        },
        {
            "__typename": "TicketUpdated",
            "occurredAt": at(FRIDAY + 2 * HOUR),
            "actorKind": "SYSTEM",
            "updated": "HIGH",
            "previousPriority": "MEDIUM",
        },
    ]
    assert (await desk.sla(ticket)).next_at == FRIDAY + 4 * HOUR + MOMENT
    assert await wrong(desk) == []
    # An agent who thinks otherwise is not overruled a second time.
    await desk.helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "priority": "LOW"})
    desk.later(HOUR)
    await desk.follow()
    await desk.look(ticket)
    assert (await history(desk, ticket))[0]["priority"] == "LOW"


async def test_a_step_at_the_breach_comes_with_it_however_late_it_is_noticed(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, escalations=(CALL, RAISE)))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(20 * HOUR)
    # Nobody has looked, and nothing that is stored is wrong.
    assert await wrong(desk) == []

    await desk.look(ticket)
    await desk.follow()

    _, happened = await history(desk, ticket)
    assert [(each["__typename"], each["occurredAt"]) for each in happened] == [
        ("SlaBreached", at(FRIDAY + 4 * HOUR)),
        ("SlaBreached", at(FRIDAY + 8 * HOUR)),
        ("SlaEscalated", at(FRIDAY + 2 * HOUR)),
        ("TicketUpdated", at(FRIDAY + 20 * HOUR)),
        ("SlaEscalated", at(FRIDAY + 4 * HOUR)),
    ]


async def test_a_step_gives_the_ticket_to_somebody_who_works(a_desk: Desks) -> None:
    desk = await a_desk()
    world = desk.helpdesk.world
    lead, gone = await world.member(Role.AGENT), await world.member(Role.AGENT)
    await world.database.execute("UPDATE support_membership SET deactivated_at = now() WHERE id = $1", gone.user_id)
    steps = [
        Escalation(SlaEscalationAction.REASSIGN, percent, FIRST, assignee_id=who.user_id)
        for percent, who in ((25, lead), (50, gone), (75, lead))
    ]
    await desk.promise(policy(hours=4, escalations=tuple(steps)))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(3 * HOUR)

    await desk.look(ticket)

    shown, happened = await history(desk, ticket)
    assert shown["assignee"] == {"id": encode("usr", lead.user_id or new_id())}
    assert [(each["__typename"], each.get("step"), each.get("done")) for each in happened] == [
        ("SlaEscalated", 1, True),
        ("TicketAssigned", None, None),
        ("SlaEscalated", 2, False),
        ("SlaEscalated", 3, False),
    ]


async def test_nothing_is_done_about_a_clock_that_is_met_or_a_ticket_that_is_resolved(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, escalations=(RAISE,)))
    answered, resolved = await desk.helpdesk.ticket(), await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(HOUR)
    await desk.helpdesk.agent.add_message(input={"ticket_id": answered["id"], "body": "Yes."})
    await desk.helpdesk.agent.resolve_ticket(ticket_id=resolved["id"])
    await desk.follow()
    desk.later(10 * HOUR)
    assert await wrong(desk) == []

    await desk.look(answered, resolved)

    for ticket in (answered, resolved):
        _, happened = await history(desk, ticket)
        assert "SlaEscalated" not in [each["__typename"] for each in happened]
    # Back again, and still not answered: half of its time was over an hour after that.
    await desk.helpdesk.customer.reopen_ticket(ticket_id=resolved["id"])
    await desk.follow()
    back = desk.clock.now
    assert (await desk.sla(resolved)).next_at == back + HOUR
    assert await wrong(desk) == []
    desk.later(HOUR)
    await desk.look(resolved)
    shown, _ = await history(desk, resolved)
    assert shown["priority"] == "HIGH"


async def test_an_edit_of_the_policy_repeats_no_step_and_a_new_one_counts_from_the_edit(a_desk: Desks) -> None:
    desk = await a_desk()
    (policy_id,) = await desk.promise(policy(hours=4, escalations=(RAISE,)))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(3 * HOUR)
    await desk.look(ticket)
    early = Escalation(SlaEscalationAction.NOTIFY_ADMINS, 25, FIRST)
    await desk.promise(policy(hours=4, escalations=(early, RAISE)), of=policy_id)
    desk.later(HOUR / 2)

    await desk.look(ticket)

    _, happened = await history(desk, ticket)
    assert [
        (each["action"], each["step"], each["occurredAt"]) for each in happened if each["__typename"] == "SlaEscalated"
    ] == [
        ("RAISE_PRIORITY", 1, at(FRIDAY + 2 * HOUR)),
        ("NOTIFY_ADMINS", 1, at(FRIDAY + 3 * HOUR)),
    ]


async def test_what_a_policy_says_twice_is_one_step(a_desk: Desks) -> None:
    desk = await a_desk()
    await desk.promise(policy(hours=4, escalations=(CALL, replace(CALL, clock=None))))
    ticket = await desk.helpdesk.ticket()
    desk.later(4 * HOUR + MOMENT)

    await desk.follow()
    await desk.look(ticket)

    _, happened = await history(desk, ticket)
    assert [(each["__typename"], each.get("step")) for each in happened] == [("SlaBreached", None), ("SlaEscalated", 1)]
    assert await wrong(desk) == []


async def test_a_promise_that_is_withdrawn_and_comes_back_repeats_no_step_and_no_warning(a_desk: Desks) -> None:
    desk = await a_desk()
    terms = policy(hours=4, warn_before=3 * HOUR, escalations=(RAISE, CALL))
    promised = {each: targets for each, targets in terms.policy.targets.items() if each is not TicketPriority.LOW}
    await desk.promise(replace(terms, policy=replace(terms.policy, targets=promised)))
    ticket = await desk.helpdesk.ticket()
    await desk.follow()
    desk.later(2 * HOUR)
    await desk.look(ticket)
    await desk.follow()
    told = [type(each.fact).__name__ for each in await desk.recorded(ticket)]

    for priority in ("LOW", "MEDIUM"):
        await desk.helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "priority": priority})
        await desk.follow()

    assert told == ["SlaPolicyApplied", "SlaWarning", "SlaEscalated"]
    assert [type(each.fact).__name__ for each in await desk.recorded(ticket)] == told
    assert (await history(desk, ticket))[0]["priority"] == "MEDIUM"
    assert await wrong(desk) == []


async def test_a_clock_is_warned_of_that_has_the_place_of_one_that_was_withdrawn(a_desk: Desks) -> None:
    desk = await a_desk()
    terms = policy(hours=4, warn_before=3 * HOUR)
    promised = {each: targets for each, targets in terms.policy.targets.items() if each is not TicketPriority.LOW}
    await desk.promise(replace(terms, policy=replace(terms.policy, targets=promised)))
    ticket = await desk.helpdesk.ticket()
    agent, customer = desk.helpdesk.agent, desk.helpdesk.customer
    given = {"ticketId": ticket["id"], "body": "Hm."}
    await agent.add_message(input=given)

    for priority in ("LOW", "MEDIUM"):
        desk.later(MOMENT)
        await customer.add_message(input=given)
        await desk.follow()
        desk.later(HOUR)
        await desk.look(ticket)
        await agent.update_ticket(input={"ticket_id": ticket["id"], "priority": priority})
        await agent.add_message(input=given)
        await agent.update_ticket(input={"ticket_id": ticket["id"], "priority": "MEDIUM"})
        await desk.follow()

    warned = [each.fact for each in await desk.recorded(ticket) if isinstance(each.fact, SlaWarning)]
    assert [(each.kind.value, each.position) for each in warned] == [("next_response", 2), ("next_response", 2)]
    assert await wrong(desk) == []
