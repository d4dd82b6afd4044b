"""`helpdesk sla verify`: what is stored of clocks is what their events tell"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

import pytest
from rich.console import Console

from helpdesk.demo.content import load_demo
from helpdesk.demo.seed import seed_demo
from helpdesk.verifying import verify
from models.actors import Actor
from models.database import Database
from models.fields import new_id
from resolvers.imports import ImportedTicket, Person, import_tickets
from resolvers.organizations import create_organization
from resolvers.recalculation import reckon_new
from resolvers.verification import verify_clocks
from tests.cli.running import answered, helpdesk
from tests.sla.desks import HOUR, Desk, policy, promise

Desks = Callable[[], Awaitable[Desk]]


async def a_ticket_of_many_turns(desk: Desk) -> dict[str, str]:
    """Answered, asked again, put off, resolved, reopened and late."""
    (policy_id,) = await desk.promise(policy(hours=4, warn_before=HOUR))
    ticket = await desk.helpdesk.ticket()
    agent, customer = desk.helpdesk.agent, desk.helpdesk.customer
    given = {"ticketId": ticket["id"], "body": "Hm."}
    for who, then in ((agent, {"thenStatus": "WAITING_ON_CUSTOMER"}), (customer, {}), (agent, {})):
        desk.later(HOUR)
        await who.add_message(input={**given, **then})
        await desk.follow()
    desk.later(HOUR)
    await desk.promise(policy(hours=3), of=policy_id)
    await agent.resolve_ticket(ticket_id=ticket["id"])
    await agent.reopen_ticket(ticket_id=ticket["id"])
    await customer.add_message(input=given)
    desk.later(20 * HOUR)
    await desk.follow()
    found: dict[str, str] = ticket
    return found


async def test_nothing_differs_and_nothing_is_behind(a_desk: Desks) -> None:
    desk = await a_desk()
    await a_ticket_of_many_turns(desk)

    verified, after = await verify_clocks(desk.system)

    assert (verified.tickets, verified.behind, list(verified.differences), after) == (1, 0, [], None)


async def test_what_no_worker_has_followed_is_behind_and_no_difference(a_desk: Desks) -> None:
    desk = await a_desk()
    ticket = await a_ticket_of_many_turns(desk)
    await desk.helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    desk.later(HOUR)

    verified, _after = await verify_clocks(desk.system)

    assert (verified.behind, list(verified.differences)) == (1, [])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (
            "UPDATE support_sla_clock SET due_at = due_at + interval '1 ms' WHERE ticket_id = $1 AND position = 1",
            "clock 1",
        ),
        ("DELETE FROM support_sla_clock WHERE ticket_id = $1 AND position = 2", "clock 2"),
        ("UPDATE support_ticket SET sla_state = 'met' WHERE id = $1", "ticket"),
        ("UPDATE support_ticket_sla SET next_at = now() WHERE id = $1", "next look"),
        ("UPDATE support_ticket_sla SET seq = seq + 1000 WHERE id = $1", "reckoned up to"),
        ("UPDATE support_sla_clock SET warned = NOT warned WHERE ticket_id = $1", "recorded of clock 0"),
        (
            "UPDATE support_sla_clock SET breach_recorded = NOT breach_recorded WHERE ticket_id = $1",
            "recorded of clock 0",
        ),
        ("UPDATE support_sla_clock SET escalated = '{\"reassign\": 1}' WHERE ticket_id = $1", "recorded of clock 1"),
        ("DELETE FROM support_event WHERE ticket_id = $1 AND type = 'SlaPolicyApplied'", "promises"),
    ],
)
async def test_what_differs_is_told(a_desk: Desks, change: str, what: str) -> None:
    desk = await a_desk()
    ticket = await a_ticket_of_many_turns(desk)
    rows = await desk.database.fetch(
        "SELECT id FROM support_ticket WHERE organization_id = $1", desk.system.organization_id
    )
    await desk.database.execute(change, rows[0]["id"])

    verified, _after = await verify_clocks(desk.system)

    assert what in {each.what for each in verified.differences}
    assert {each.ticket_id for each in verified.differences} == {rows[0]["id"]}
    assert ticket["id"]


async def test_the_demo_organizations_verify(an_empty_database: Database) -> None:
    demo = load_demo().organizations
    for each in demo:
        organization_id = await create_organization(an_empty_database, each.name, each.slug, each.timezone)
        await promise(Actor.system(an_empty_database, organization_id), policy(hours=4, warn_before=HOUR))
    begun = an_empty_database.now()
    await seed_demo(an_empty_database, lambda _line: None)

    found = await verify(an_empty_database, None, Console(stderr=True))

    assert (found.tickets, found.behind, found.differences) == (sum(len(each.tickets) for each in demo), 0, [])
    assert await an_empty_database.fetchval("SELECT count(*) FROM support_sla_clock") >= 2 * found.tickets
    # What happened before the import is stored, and announced to nobody.
    announced = "SELECT count(*) FROM support_event WHERE type IN ('SlaBreached', 'SlaWarning') AND occurred_at < $1"
    assert await an_empty_database.fetchval("SELECT count(*) FROM support_sla_clock WHERE breached_at IS NOT NULL") > 0
    assert await an_empty_database.fetchval(announced, begun) == 0


def test_the_command_ends_with_1_where_something_differs(database_url: str) -> None:
    slug = new_id().hex

    async def spoilt() -> None:
        async with Database.connect(database_url) as database:
            actor = Actor.system(database, await create_organization(database, "Spoilt", slug))
            await promise(actor, policy())
            person = Person("somebody@example.test")
            told = ImportedTicket("1", person, "It broke", "Please help.", database.now())
            await import_tickets(actor, [told])
            await reckon_new(actor)

    asyncio.run(spoilt())
    fine = answered(database_url, "sla", "verify", "--organization", slug)
    asyncio.run(_spoil(database_url, slug))
    spoiled = helpdesk(database_url, "sla", "verify", "--organization", slug, "--json")

    assert fine == {"tickets": 1, "behind": 0, "differences": []}
    assert spoiled.exit_code == 1
    assert {each["what"] for each in json.loads(spoiled.stdout)["differences"]} == {"clock 0", "next look", "ticket"}


async def _spoil(url: str, slug: str) -> None:
    async with Database.connect(url) as database:
        await database.execute(
            "UPDATE support_sla_clock SET due_at = NULL FROM support_organization o"
            " WHERE o.id = organization_id AND o.slug = $1 AND position = 0",
            slug,
        )
