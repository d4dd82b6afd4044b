"""events: the audit trail"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from graphql_api.ids import decode
from graphql_api.types.scalars import write_instant
from models.actors import Actor, Role
from models.events import ArticleIndexed, MemberChanged, TicketAssigned
from models.fields import new_id
from models.organizations import MemberChange
from models.writer import organization_write
from tests.client import Client, GraphQLErrors
from tests.live.following import now
from tests.mutations.drafts import record
from tests.mutations.members import id_of
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

EVENTS = """query($filter: EventFilter, $first: Int, $after: String, $last: Int, $before: String) {
  events(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { cursor } } nodes { __typename id actorKind actor { id } ticket { id } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }"""


async def events(by: Client, **asked: Any) -> Any:
    """A page of the trail."""
    return (await by.query(EVENTS, **asked))["events"]


async def types(by: Client, **wanted: Any) -> list[str]:
    """What a filter finds, newest first; the count agrees."""
    page = await events(by, filter=wanted)
    assert page["totalCount"] == len(page["nodes"])
    return [node["__typename"] for node in page["nodes"]]


async def test_everything_is_there_newest_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket = await helpdesk.ticket()
    await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "A note.", "internal": True})
    await helpdesk.admin.change_member_role(user_id=id_of(world.analyst), role="AGENT")

    page = await events(helpdesk.admin)

    agent, customer, admin = id_of(world.agent), id_of(world.customer), id_of(world.admin)
    assert [(node["__typename"], node["actorKind"], node["actor"], node["ticket"]) for node in page["nodes"]] == [
        ("MemberChanged", "AGENT", {"id": admin}, None),
        ("MessageAdded", "AGENT", {"id": agent}, {"id": ticket["id"]}),
        ("MessageAdded", "CUSTOMER", {"id": customer}, {"id": ticket["id"]}),
        ("TicketCreated", "CUSTOMER", {"id": customer}, {"id": ticket["id"]}),
    ]
    assert page["totalCount"] == 4


async def test_what_is_for_one_person_is_in_the_trail_too(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await an_event(world, world.agent, person=True)

    assert await types(helpdesk.admin) == ["ArticleIndexed"]


async def an_event(world: World, by: Actor, *, person: bool = False) -> None:
    """An event of somebody's; `person`: as if it were for the agent's eyes only."""
    async with organization_write(by) as write:
        event_id = write.record(ArticleIndexed(article_id=new_id()))
    if person:
        await world.database.execute(
            "UPDATE support_event SET visibility = 'person', person_id = $1 WHERE id = $2",
            world.agent.user_id,
            event_id,
        )


async def test_filters_and_each_with_each(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    ticket, other = await helpdesk.ticket(), await helpdesk.ticket()
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await helpdesk.agent.resolve_ticket(ticket_id=other["id"])
    await record(world, ticket)
    admin, agent = helpdesk.admin, id_of(world.agent)

    assert await types(admin, kind=["TICKET_RESOLVED"]) == ["TicketResolved"] * 2
    assert await types(admin, kind=["TICKET_RESOLVED", "SUGGESTION_READY", "TICKET_RESOLVED"]) == [
        "SuggestionReady",
        "TicketResolved",
        "TicketResolved",
    ]
    assert await types(admin, kind=[]) == []
    assert await types(admin, actorId=agent) == ["TicketResolved"] * 2
    assert await types(admin, actorKind="AI") == ["SuggestionReady"]
    assert await types(admin, ticketId=ticket["id"]) == [
        "SuggestionReady",
        "TicketResolved",
        "MessageAdded",
        "TicketCreated",
    ]
    assert await types(admin, ticketId=ticket["id"], kind=["TICKET_CREATED"]) == ["TicketCreated"]
    assert await types(admin, ticketId=ticket["id"], actorId=agent) == ["TicketResolved"]
    assert await types(admin, ticketId=ticket["id"], actorKind="CUSTOMER") == ["MessageAdded", "TicketCreated"]
    assert await types(admin, actorId=agent, kind=["MESSAGE_ADDED"]) == []
    assert await types(admin, actorId=agent, actorKind="AGENT", kind=["TICKET_RESOLVED"]) == ["TicketResolved"] * 2
    assert await types(admin, actorId=agent, actorKind="CUSTOMER") == []


@pytest.mark.parametrize("unknown", ["usr_" + "0" * 31 + "1", "tkt_" + "0" * 31 + "1", "ada", ""])
async def test_ids_that_are_nobodys_find_nothing(a_helpdesk: Make, unknown: str) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()

    assert await types(helpdesk.admin, actorId=unknown) == []
    assert await types(helpdesk.admin, ticketId=unknown) == []


async def recorded(world: World, *ages: timedelta) -> datetime:
    """Events of so long ago, in this order; now is returned."""
    instant = world.database.now()
    for age in ages:
        async with organization_write(world.agent) as write:
            event_id = write.record(TicketAssigned(assignee_id=None, previous_id=None))
        await world.database.execute("UPDATE support_event SET recorded_at = $1 WHERE id = $2", instant - age, event_id)
    return instant


@pytest.mark.parametrize("gaps", [False, True])
async def test_time_is_told_exactly_though_writes_overlap(a_helpdesk: Make, gaps: bool) -> None:
    helpdesk = await a_helpdesk()
    world, day, second = helpdesk.world, timedelta(days=1), timedelta(seconds=1)
    ages = [9 * day, 8 * day, 5 * day - second, 5 * day, 5 * day + second, 3 * day, 3 * day - second, day, second]
    instant = await recorded(world, *ages)
    if gaps:
        await world.database.execute(
            "DELETE FROM support_event WHERE organization_id = $1 AND seq IN (1, 2, 8)", world.id
        )
        ages = [age for age in ages if age not in {9 * day, 8 * day, day}]

    for start in (None, 10 * day, 9 * day, 5 * day, 3 * day, second, -day):
        for end in (None, 9 * day, 5 * day, 3 * day, 0 * day, -day):
            wanted = {
                **({} if start is None else {"recordedFrom": write_instant(instant - start)}),
                **({} if end is None else {"recordedBefore": write_instant(instant - end)}),
            }
            expected = [age for age in ages if (start is None or age <= start) and (end is None or age > end)]
            page = await events(helpdesk.admin, filter=wanted)
            assert (len(page["nodes"]), page["totalCount"]) == (len(expected), len(expected)), (start, end)


@pytest.mark.parametrize("wanted", [None, {"actorKind": "CUSTOMER"}, {"kind": ["MESSAGE_ADDED", "TICKET_CREATED"]}])
async def test_pages_join_without_gap_or_overlap_both_ways(a_helpdesk: Make, wanted: Any) -> None:
    helpdesk = await a_helpdesk()
    for _ in range(4):
        await helpdesk.ticket()
    whole = [edge["cursor"] for edge in (await events(helpdesk.admin, filter=wanted))["edges"]]
    assert len(whole) == 8

    forward: list[str] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = await events(helpdesk.admin, filter=wanted, first=3, after=page["pageInfo"]["endCursor"])
        forward += [edge["cursor"] for edge in page["edges"]]
        # What happens meanwhile is newer than any page to come.
        await an_event(helpdesk.world, helpdesk.world.agent)
    assert forward == whole
    assert page["pageInfo"]["hasPreviousPage"]

    backward: list[str] = []
    before = whole[-1]
    while len(backward) < 7:
        page = await events(helpdesk.admin, filter=wanted, last=3, before=before)
        backward = [edge["cursor"] for edge in page["edges"]] + backward
        before = page["pageInfo"]["startCursor"]
    assert backward[-7:] == whole[:-1]


async def test_an_events_cursor_is_its_place_in_the_feed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    start = await now(helpdesk.admin)
    ticket = await helpdesk.ticket()

    edges = (await events(helpdesk.admin))["edges"]

    assert [edge["node"]["cursor"] for edge in edges] == [edge["cursor"] for edge in edges]
    text = "subscription($after: Cursor) { feed(after: $after) { __typename cursor } }"
    async with helpdesk.admin.subscription(text, after=start) as feed:
        assert [(await feed.next())["cursor"] for _ in edges] == [edge["cursor"] for edge in reversed(edges)]
    async with helpdesk.admin.subscription(text, after=edges[-1]["cursor"]) as feed:
        assert (await feed.next())["__typename"] == "MessageAdded"
    assert ticket["id"]


async def test_cursors_of_others_or_of_nobodys_making_are_refused(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await other.ticket()
    theirs = (await events(other.admin))["pageInfo"]["endCursor"]

    for field in ("after", "before"):
        for cursor in (theirs, "made up"):
            with pytest.raises(GraphQLErrors) as refused:
                await events(helpdesk.admin, **{field: cursor})
            assert refused.value.codes == ["INVALID_INPUT"]
            assert refused.value.errors[0]["extensions"]["path"] == [field]


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_the_trail_is_for_admins(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await events(getattr(helpdesk, role))
    assert refused.value.codes == ["NOT_ALLOWED"]


async def test_other_organizations_have_trails_of_their_own(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs = await other.ticket()

    assert await types(helpdesk.admin) == []
    assert await types(helpdesk.admin, ticketId=theirs["id"]) == []
    assert await types(helpdesk.admin, actorId=id_of(other.world.customer)) == []


EVENT_OF_TICKET = """query($id: ID!, $first: Int, $after: String) { ticket(id: $id) {
  events(first: $first, after: $after) { nodes { __typename } edges { cursor } totalCount
    pageInfo { hasNextPage endCursor } } } }"""


async def about(by: Client, ticket: Any, **asked: Any) -> Any:
    """What somebody sees happen to a ticket."""
    return (await by.query(EVENT_OF_TICKET, id=ticket["id"], **asked))["ticket"]["events"]


async def test_a_tickets_events_are_those_that_the_viewer_may_know_of(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    unmoved = await about(helpdesk.customer, ticket)
    await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "A note.", "internal": True})
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(helpdesk.world.agent))

    assert await about(helpdesk.customer, ticket) == unmoved
    assert [node["__typename"] for node in unmoved["nodes"]] == ["TicketCreated", "MessageAdded"]
    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.admin):
        seen = await about(by, ticket)
        assert [node["__typename"] for node in seen["nodes"]] == [
            "TicketCreated",
            "MessageAdded",
            "MessageAdded",
            "TicketAssigned",
        ]
        assert seen["totalCount"] == 4


async def test_a_tickets_events_come_in_pages_that_a_subscription_goes_on_from(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    first = await about(helpdesk.customer, ticket, first=1)
    rest = await about(helpdesk.customer, ticket, after=first["pageInfo"]["endCursor"])

    assert first["pageInfo"]["hasNextPage"]
    assert [node["__typename"] for node in first["nodes"] + rest["nodes"]] == ["TicketCreated", "MessageAdded"]
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    text = "subscription($id: ID!, $after: Cursor) { ticketEvents(ticketId: $id, after: $after) { __typename } }"
    async with helpdesk.customer.subscription(text, id=ticket["id"], after=rest["pageInfo"]["endCursor"]) as feed:
        assert (await feed.next())["__typename"] == "TicketResolved"


async def test_an_event_that_this_release_cannot_read_takes_nothing_with_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    start = await now(helpdesk.admin)
    ticket = await helpdesk.ticket()
    for type_, data in (("TicketTeleported", {}), ("MemberChanged", {"member_id": "x"}), ("TicketResolved", {})):
        await _of_another_release(world, ticket, type_, data)
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    known = ["TicketResolved", "MessageAdded", "TicketCreated"]

    assert [node["__typename"] for node in (await events(helpdesk.admin))["nodes"]] == known
    assert [node["__typename"] for node in (await about(helpdesk.admin, ticket))["nodes"]] == known[::-1]
    # Whoever pages on steps over them, even where a page holds nothing else.
    found: list[str] = []
    page: Any = {"pageInfo": {"hasNextPage": True, "endCursor": None}}
    while page["pageInfo"]["hasNextPage"]:
        page = await events(helpdesk.admin, first=1, after=page["pageInfo"]["endCursor"])
        found += [node["__typename"] for node in page["nodes"]]
    assert found == known
    text = "subscription($after: Cursor) { feed(after: $after) { __typename } }"
    async with helpdesk.admin.subscription(text, after=start) as feed:
        assert [(await feed.next())["__typename"] for _ in known] == known[::-1]


async def test_an_articles_event_of_an_earlier_release_does_not_say_what_became_of_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    old = {"article_id": str(new_id())}
    await _of_another_release(helpdesk.world, await helpdesk.ticket(), "ArticleChanged", old)
    text = "{ events(first: 1) { nodes { ... on ArticleChanged { change article { id } } } } }"

    assert (await helpdesk.admin.query(text))["events"]["nodes"] == [{"change": None, "article": None}]


async def _of_another_release(world: World, ticket: Any, type_: str, data: Any) -> None:
    async with organization_write(Actor.system(world.database, world.id)) as write:
        event_id = write.record(MemberChanged(member_id=new_id(), change=MemberChange.JOINED, role=Role.AGENT))
    await world.database.execute(
        "UPDATE support_event SET type = $1, data = $2, ticket_id = $3 WHERE id = $4",
        type_,
        data,
        decode("tkt", ticket["id"]),
        event_id,
    )
