"""`helpdesk import tickets`: true dates, bad lines by number, nothing twice, nothing reacts."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console

from helpdesk.demo import content
from helpdesk.demo.seed import seed_demo
from helpdesk.importing import Outcome, import_tickets
from models.actors import Actor, ActorKind
from models.database import Database
from models.lifecycle import TicketStatus
from resolvers import imports
from resolvers.imports import Assigned, ImportedTicket, Moved, Person, Said
from resolvers.quota import quota_use
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[World]]

GOOD = {
    "id": "a-1",
    "created": "2024-07-05",
    "title": "Tabs vanish",
    "body": "All of them.",
    "category": "tabs",
    "tags": ["Desktop", "windows-10"],
}


async def slug_of(world: World) -> str:
    slug: str = await world.database.fetchval("SELECT slug FROM support_organization WHERE id = $1", world.id)
    return slug


async def imported(world: World, url: str, path: Path, *lines: Any) -> Outcome:
    """The outcome of importing a file of these lines."""
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), encoding="utf-8")
    return await import_tickets(url, path, await slug_of(world), Console(file=io.StringIO()))


async def test_true_dates_are_kept_and_nothing_reacts(an_organization: Make, database_url: str, tmp_path: Path) -> None:
    world = await an_organization()

    outcome = await imported(world, database_url, tmp_path / "t.jsonl", GOOD)

    assert outcome == Outcome(added=1)
    assert (await quota_use(world.admin, world.database.fetch)).used == 0
    ticket = await world.database.fetchrow("SELECT * FROM support_ticket WHERE organization_id = $1", world.id)
    assert ticket is not None
    created = datetime(2024, 7, 5, tzinfo=UTC)
    assert (ticket["created_at"], ticket["updated_at"], ticket["number"]) == (created, created, 1)
    events = await world.database.fetch(
        "SELECT type, occurred_at, reacts, recorded_at > occurred_at AS later FROM support_event"
        " WHERE ticket_id = $1 ORDER BY seq",
        ticket["id"],
    )
    assert [tuple(event) for event in events] == [
        ("TicketCreated", created, False, True),
        ("TicketTagged", created, False, True),
        ("MessageAdded", created, False, True),
    ]


async def test_bad_lines_are_named_by_number_and_passed_over(
    an_organization: Make, database_url: str, tmp_path: Path
) -> None:
    world = await an_organization()
    lines = [
        "{not json", "[]", {**GOOD, "id": "a-2"}, {**GOOD, "id": "a-3", "created": "yesterday"},
        {**GOOD, "id": "a-4", "title": "x" * 301}, {**GOOD, "id": "a-2"}, {**GOOD, "id": "a-5", "priority": "huge"},
        {**GOOD, "id": "a-6", "created": "2999-01-01"}, {"id": "a-7"},
        {**GOOD, "id": "a-8", "created": "0001-01-01T00:00:00+05:00"},
    ]  # fmt: skip

    outcome = await imported(world, database_url, tmp_path / "t.jsonl", *lines)

    assert outcome.added == 1
    assert {place: reason.split(":")[0].split(";")[0] for place, reason in outcome.refused} == {
        "line 1": "This is not JSON",
        "line 2": "This is not a JSON object.",
        "line 4": "`created` is 'yesterday', which is no date.",
        "line 5": "This has 301 characters",
        "line 6": "The id a-2 stands in line 3 already.",
        "line 7": "`priority` is 'huge'",
        "line 8": "It was created in the future.",
        "line 9": "`title` is missing or not a text.",
        "line 10": "`created` is '0001-01-01T00",
    }


async def test_a_second_run_adds_nothing_twice(an_organization: Make, database_url: str, tmp_path: Path) -> None:
    world = await an_organization()
    lines = [{**GOOD, "id": f"a-{number}"} for number in range(450)]
    await imported(world, database_url, tmp_path / "t.jsonl", *lines[:300])

    again = await imported(world, database_url, tmp_path / "t.jsonl", *lines)

    assert again == Outcome(added=150, known=300)
    numbers = await world.database.fetch(
        "SELECT number FROM support_ticket WHERE organization_id = $1 ORDER BY number", world.id
    )
    assert [row["number"] for row in numbers] == list(range(1, 451))


async def test_a_history_is_told_at_its_dates(a_helpdesk: Callable[[], Awaitable[Helpdesk]]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    emails = {row["id"]: row["email"] for row in await world.database.fetch("SELECT id, email FROM support_membership")}
    agent = emails[world.agent.user_id]
    start = datetime(2025, 3, 1, 9, tzinfo=UTC)
    hour = timedelta(hours=1)
    told = ImportedTicket(
        "old-1", Person("grace@customer.test", "Grace"), "Printer", "It is on fire.", start,
        steps=[
            Said(start + 2 * hour, ActorKind.AGENT, "Water?", agent),
            Assigned(start + hour, agent, agent),
            Said(start + 3 * hour, ActorKind.AGENT, "Ask the fire brigade", agent, internal=True),
            Moved(start + 4 * hour, ActorKind.AGENT, TicketStatus.RESOLVED, agent),
            Said(start + 5 * hour, ActorKind.CUSTOMER, "Still burning"),
        ],
    )  # fmt: skip

    outcome = await imports.import_tickets(Actor.system(world.database, world.id), [told])

    assert (outcome.added, outcome.refused) == (1, [])
    data = await helpdesk.agent.query(
        "{ ticketByNumber(number: 1) { id status reopenCount createdAt firstRespondedAt assignee { id }"
        " requester { name } messages { nodes { body createdAt internal } } } }"
    )
    ticket = data["ticketByNumber"]
    assert (ticket["status"], ticket["reopenCount"], ticket["requester"]) == ("OPEN", 1, {"name": "Grace"})
    assert (ticket["createdAt"], ticket["firstRespondedAt"]) == ("2025-03-01T09:00:00.000Z", "2025-03-01T11:00:00.000Z")
    assert [(node["createdAt"][11:13], node["internal"]) for node in ticket["messages"]["nodes"]] == [
        ("09", False), ("11", False), ("12", True), ("14", False),
    ]  # fmt: skip
    assert await helpdesk.events(ticket) == [
        "TicketCreated", "MessageAdded", "TicketAssigned", "MessageAdded", "TicketStatusChanged", "MessageAdded",
        "TicketResolved", "MessageAdded", "TicketReopened",
    ]  # fmt: skip


async def test_one_impossible_ticket_leaves_the_others(an_organization: Make) -> None:
    world = await an_organization()
    start = datetime(2025, 3, 1, tzinfo=UTC)
    person = Person("grace@customer.test")
    good = ImportedTicket("1", person, "s", "b", start)
    bad = ImportedTicket("2", person, "s", "b", start, steps=[Moved(start, ActorKind.CUSTOMER, TicketStatus.CLOSED)])

    outcome = await imports.import_tickets(Actor.system(world.database, world.id), [bad, good])

    assert outcome.added == 1
    assert outcome.refused == [("2", "A ticket that is open can't become closed; it can become resolved.")]


async def test_the_demo_comes_out_as_it_is_written_and_only_once(an_empty_database: Database) -> None:
    said: list[str] = []
    await seed_demo(an_empty_database, said.append)
    before = await an_empty_database.fetch("SELECT organization_id, seq, ticket_number FROM support_event_counter")

    await seed_demo(an_empty_database, said.append)

    after = await an_empty_database.fetch("SELECT organization_id, seq, ticket_number FROM support_event_counter")
    assert (len(said), sorted(map(tuple, before))) == (2, sorted(map(tuple, after)))
    rows = await an_empty_database.fetch("SELECT external_id, status FROM support_ticket")
    written = {ticket.id: ticket.status for each in content.load_demo().organizations for ticket in each.tickets}
    assert {row["external_id"]: row["status"] for row in rows} == written
