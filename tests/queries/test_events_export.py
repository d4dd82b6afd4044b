"""eventsExport, and `helpdesk events export`"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import fields
from typing import Any

import pytest

from graphql_api.reading.event_export import prefixes_of
from models.events import FACTS
from tests.client import Client, GraphQLErrors
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

EXPORT = """query($filter: EventFilter, $after: String, $first: Int! = 1000, $format: ExportFormat! = JSON_LINES) {
  eventsExport(filter: $filter, after: $after, first: $first, format: $format) { text rows endCursor hasNextPage } }"""


async def export(by: Client, **asked: Any) -> Any:
    """A piece of the file."""
    return (await by.query(EXPORT, **asked))["eventsExport"]


async def test_a_line_tells_who_did_what_to_which_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    ticket = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=agent)

    piece = await export(helpdesk.admin)

    lines = [json.loads(line) for line in piece["text"].splitlines()]
    assert [line["type"] for line in lines] == ["TicketCreated", "MessageAdded", "TicketAssigned"]
    assert lines[0]["data"] == {"priority": "MEDIUM", "followUpOfId": None}
    assert {name: lines[2][name] for name in lines[2] if name not in {"id", "occurredAt", "recordedAt"}} == {
        "type": "TicketAssigned",
        "actorKind": "AGENT",
        "actorId": agent,
        "actorName": "Agent",
        "ticketId": ticket["id"],
        "ticketNumber": 1,
        "visibility": "STAFF",
        "data": {"assigneeId": agent, "previousId": None},
    }
    assert (piece["rows"], piece["hasNextPage"]) == (3, False)


def test_every_id_of_a_fact_is_known_for_whose_it_is() -> None:
    for name, fact in FACTS.items():
        ids = {field.name for field in fields(fact) if "UUID" in str(field.type)}
        assert ids <= prefixes_of(name).keys(), name


async def test_ids_and_enums_are_spelled_as_everywhere_in_the_api(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["red"])
    await helpdesk.agent.update_ticket(input={"ticket_id": ticket["id"], "priority": "HIGH"})
    mention = {"kind": "MENTION", "mail": "NONE"}
    await helpdesk.agent.update_preferences(input={"notifications": [mention]})
    tag = (await helpdesk.agent.query("{ tags { nodes { id } } }"))["tags"]["nodes"][0]["id"]

    piece = await export(helpdesk.admin, filter={"kind": ["TICKET_TAGGED", "TICKET_UPDATED", "PREFERENCES_CHANGED"]})

    tagged, updated, preferences = [json.loads(line)["data"] for line in piece["text"].splitlines()]
    assert tagged == {"added": [tag], "removed": []}
    assert (updated["fields"], updated["priority"]) == (["PRIORITY"], "HIGH")
    assert preferences == {"kinds": ["MENTION"], "memberId": id_of(helpdesk.world.agent)}


async def test_pieces_make_one_file_and_the_last_cursor_waits_for_more(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for _ in range(2):
        await helpdesk.ticket()
    whole = (await export(helpdesk.admin, format="CSV"))["text"]

    text = ""
    piece: Any = {"hasNextPage": True, "endCursor": None}
    while piece["hasNextPage"]:
        piece = await export(helpdesk.admin, format="CSV", first=3, after=piece["endCursor"])
        text += piece["text"]

    assert text == whole
    assert len(list(csv.DictReader(io.StringIO(text)))) == 4
    end = piece["endCursor"]
    assert await export(helpdesk.admin, after=end) == {"text": "", "rows": 0, "endCursor": end, "hasNextPage": False}
    await helpdesk.ticket()
    assert (await export(helpdesk.admin, after=end))["rows"] == 2


async def test_filters_are_those_of_the_trail(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()

    assert (await export(helpdesk.admin, filter={"kind": ["TICKET_CREATED"]}))["rows"] == 1
    assert (await export(helpdesk.admin, filter={"actorId": id_of(helpdesk.world.agent)}))["rows"] == 0


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
async def test_no_cell_runs_as_a_formula(a_helpdesk: Make, name: str) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await world.database.execute(
        "UPDATE support_membership SET name = $1 WHERE id = $2", name + ', "x"', world.customer.user_id
    )
    await helpdesk.ticket()

    (first, *_) = csv.DictReader(io.StringIO((await export(helpdesk.admin, format="CSV"))["text"]))

    assert first["actorName"] == f'\'{name}, "x"'
    assert json.loads(first["data"]) == {"priority": "MEDIUM", "followUpOfId": None}
    (line, *_) = (await export(helpdesk.admin))["text"].splitlines()
    assert json.loads(line)["actorName"] == name + ', "x"'


@pytest.mark.parametrize("first", [0, -1, 1001])
async def test_a_piece_has_a_size(a_helpdesk: Make, first: int) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await export(helpdesk.admin, first=first)
    (error,) = refused.value.errors
    assert error["message"] == "An export has 1 to 1,000 events at a time."
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["first"]}


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_the_export_is_for_admins(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await export(getattr(helpdesk, role))
    assert refused.value.codes == ["NOT_ALLOWED"]
