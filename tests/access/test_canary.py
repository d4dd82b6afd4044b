"""A canary in everything that is not for customers, and a walk over all that a customer can reach"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from models.organizations import Membership
from models.rows import new
from models.writer import organization_write
from resolvers.access import PERMITTED
from tests.access.documents import ROOTS, walks
from tests.access.test_permitted import snake
from tests.access.things import a_rating
from tests.client import Client
from tests.live.following import now
from tests.mutations.content import a_page
from tests.mutations.drafts import cited, record
from tests.portal.visitors import Visitor, reopen_path, survey_path
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

DEPTH = 6
# These reach the same types as `ticket` and `resolveTicket` do; what they add stands near the root.
DEPTH_OF: Mapping[str, int] = dict.fromkeys(
    ("node", "nodes", "ticketByNumber", "changeTicketStatus", "reopenTicket"), 4
)
STATUS = "query($id: ID!) { ticket(id: $id) { status } }"
# Each stands in one place that no customer may see; `canary-other-...` in another organization.
OF_STAFF = {
    "canary-note",
    "canary-draft",
    "canary-title",
    "canary-heading",
    "canary-excerpt",
    "canary-url",
    "canary-model",
    "canary-reason",
    "canary-tag",
    "canary-view",
    "canary-assignee",
    "canary-snippet-title",
    "canary-snippet-body",
    "canary-canned-title",
    "canary-canned-body",
    "canary-canned-folder",
    "canary-neighbour-name",
    "canary-neighbour-address",
    "canary-neighbour-subject",
    "canary-neighbour-body",
}
OF_OTHERS = {"canary-other-subject", "canary-other-body"}
PUBLIC = {"seen-subject", "seen-question", "seen-answer", "seen-rating"}


class House:
    """An organization full of canaries, the ids that somebody might try, and where each role's feed began."""

    def __init__(self, helpdesk: Helpdesk, ids: Mapping[str, str], cursors: Mapping[Role, str]) -> None:
        self.helpdesk = helpdesk
        self.ids = ids
        self.cursors = cursors

    async def read(self, role: Role) -> str:
        """All that a walk over the whole schema shows to somebody in the role."""
        arguments: dict[str, dict[str, Any]] = {
            "node": {"id": self.ids["ticket"]},
            "nodes": {"ids": [*self.ids.values()]},
            "ticket": {"id": self.ids["ticket"]},
            "ticketByNumber": {"number": 1},
            "searchArticles": {"query": "canary"},
            "slaCompliance": {"range": {"from": "2026-01-01", "to": "2026-12-31"}},
        }
        by: Client = getattr(self.helpdesk, role.value)
        shown = []
        for name in (each for each in ROOTS["query"].fields if role in PERMITTED[snake(each)]):
            given = arguments.get(name, {})
            shown += [await _body(by, document, **given) for document in walks(name, given, DEPTH_OF.get(name, DEPTH))]
        return "\n".join(shown)

    async def write(self, role: Role) -> str:
        """All that the answers show to somebody in the role who writes on the ticket."""
        by: Client = getattr(self.helpdesk, role.value)
        ticket = {"ticketId": self.ids["ticket"]}
        calls: list[tuple[str, str, dict[str, Any]]] = [
            ("addMessage", "OPEN", {"input": {**ticket, "body": "seen-too"}}),
            ("changeTicketStatus", "OPEN", {**ticket, "status": "RESOLVED"}),
            ("resolveTicket", "OPEN", ticket),
            ("reopenTicket", "RESOLVED", ticket),
        ]
        shown = []
        for name, status, given in calls:
            for document in walks(name, given, DEPTH_OF.get(name, DEPTH)):
                await self._bring(status)
                body = await _body(by, document, **given)
                assert '"__typename":"Problem"' not in body, body
                shown.append(body)
        return "\n".join(shown)

    async def _bring(self, status: str) -> None:
        """Have the ticket in a status, whatever it is in."""
        found = await self.helpdesk.agent.query(STATUS, id=self.ids["ticket"])
        if found["ticket"]["status"] != status:
            await self.helpdesk.agent.change_ticket_status(ticket_id=self.ids["ticket"], status=status)

    async def follow(self, role: Role, count: int) -> str:
        """All that the first events show to somebody in the role."""
        by: Client = getattr(self.helpdesk, role.value)
        shown = []
        for document in walks("feed", ["after"], DEPTH - 1):
            async with by.subscription(document, after=self.cursors[role]) as feed:
                shown += [json.dumps(await feed.next()) for _ in range(count)]
        return "\n".join(shown)


async def _body(by: Client, document: str, **variables: Any) -> str:
    response = await by.post(document, **variables)
    assert "errors" not in response.json(), response.text
    return response.text


@pytest.fixture
async def house(a_helpdesk: Make, client: Callable[[str], Client]) -> House:
    """The house, and beside it another one."""
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    cursors = {role: await now(getattr(helpdesk, role.value)) for role in Role}
    ticket = await helpdesk.agent.create_ticket(
        input={
            "subject": "seen-subject",
            "body": "seen-question",
            "tags": ["canary-tag"],
            "on_behalf_of": {"email": (await _viewer(helpdesk))["email"]},
        }
    )
    note = await _write(helpdesk, ticket, "canary-note", internal=True)
    snippet = await a_page(
        helpdesk, title="canary-snippet-title", body="canary-snippet-body", category="canary-snippet", kind="SNIPPET"
    )
    canned = await helpdesk.agent.create_canned_response(
        input={
            "title": "canary-canned-title",
            "shortcut": "canary",
            "body": "canary-canned-body",
            "folder": "canary-canned-folder",
        }
    )
    await helpdesk.agent.create_saved_view(
        input={"name": "canary-view", "search": "canary", "filter": {"tag": "canary-tag"}, "shared": True}
    )
    answer = await _write(helpdesk, ticket, "seen-answer", canned_response_id=canned["id"])
    # Nobody meets the assignee but as an assignee.
    assignee = await helpdesk.world.member(Role.AGENT, "canary-assignee")
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=encode("usr", assignee.user_id or new_id()))
    rating = await a_rating(helpdesk.world, ticket["id"], comment="seen-rating", agent_id=assignee.user_id)
    draft = await _a_draft(helpdesk, ticket)
    sent = await helpdesk.agent.edit_suggestion(suggestion_id=await record(helpdesk.world, ticket), body="seen-too")
    neighbour, theirs = await _a_neighbour(helpdesk, client)
    foreign = await other.ticket(subject="canary-other-subject", body="canary-other-body")
    ids = {
        "ticket": ticket["id"],
        "note": note["id"],
        "answer": answer["id"],
        "canned": canned["id"],
        "snippet": snippet["id"],
        "rating": rating,
        "draft": draft,
        "sent": sent["id"],
        "neighbour": neighbour,
        "their ticket": theirs["id"],
        "foreign": foreign["id"],
        "other": encode("org", other.world.id),
        "stranger": encode("usr", other.world.customer.user_id or new_id()),
    }
    return House(helpdesk, ids, cursors)


async def _viewer(helpdesk: Helpdesk) -> Any:
    return (await helpdesk.customer.query("{ viewer { user { id email } } }"))["viewer"]["user"]


async def _write(helpdesk: Helpdesk, ticket: Any, body: str, **given: Any) -> Any:
    return await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": body, **given})


async def _a_draft(helpdesk: Helpdesk, ticket: Any) -> str:
    """A dismissed draft, every text of it a canary."""
    drafted = await cited(helpdesk.world)
    source = replace(
        drafted.sources[0],
        title="canary-title",
        heading="canary-heading",
        excerpt="canary-excerpt",
        url="https://canary-url.example.com",
    )
    whole = replace(drafted, text="canary-draft", model="canary-model", sources=(source,))
    draft = await record(helpdesk.world, ticket, whole)
    await helpdesk.agent.dismiss_suggestion(suggestion_id=draft, reason="canary-reason")
    assert draft is not None
    return draft


async def _a_neighbour(helpdesk: Helpdesk, client: Callable[[str], Client]) -> tuple[str, Any]:
    """Another customer of the same organization, with a ticket."""
    world = helpdesk.world
    async with organization_write(world.admin) as write:
        member = new(
            Membership,
            organization_id=world.id,
            user_id=None,
            role=Role.CUSTOMER,
            name="canary-neighbour-name",
            email=f"canary-neighbour-address-{new_id().hex}@example.test",
            created_at=write.now,
        )
        write.insert(member)
    actor = replace(world.customer, user_id=member.id)
    ticket = await client(await world.token_of(actor)).create_ticket(
        input={"subject": "canary-neighbour-subject", "body": "canary-neighbour-body"}
    )
    return encode("usr", member.id), ticket


def seen(text: str, canaries: set[str]) -> set[str]:
    """Which of the canaries sing."""
    return {canary for canary in canaries if canary in text}


async def test_no_walk_of_a_customers_meets_a_canary(house: House) -> None:
    text = await house.read(Role.CUSTOMER)

    assert seen(text, PUBLIC) == PUBLIC
    assert "canary" not in text


@pytest.mark.parametrize("role", [Role.AGENT, Role.ANALYST])
async def test_the_same_walk_meets_every_canary_as_staff(house: House, role: Role) -> None:
    text = await house.read(role)

    assert seen(text, PUBLIC | OF_STAFF | OF_OTHERS) == PUBLIC | OF_STAFF


async def test_no_answer_to_what_a_customer_writes_meets_a_canary(house: House) -> None:
    text = await house.write(Role.CUSTOMER)

    assert seen(text, PUBLIC) == PUBLIC
    assert "canary" not in text


async def test_the_same_answers_meet_what_hangs_on_the_ticket_as_staff(house: House) -> None:
    text = await house.write(Role.AGENT)

    on_the_ticket = {each for each in OF_STAFF if each.rpartition("-")[0] not in {"canary-neighbour", "canary-snippet"}}
    assert seen(text, PUBLIC | OF_STAFF | OF_OTHERS) == PUBLIC | on_the_ticket - {"canary-view"}


async def test_no_page_of_a_link_shows_a_canary(house: House, visitor: Visitor) -> None:
    helpdesk, ticket = house.helpdesk, {"id": house.ids["ticket"]}
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    survey, reopen = await survey_path(helpdesk, ticket), await reopen_path(helpdesk, ticket)

    pages = [await visitor.see(survey), await visitor.see(reopen)]
    pages.append(await visitor.send(survey, {"rating": "4", "comment": "seen-rating"}))
    pages.append(await visitor.send(reopen, {"message": "seen-too"}))

    text = "".join(f"{page.headers} {page.text}" for page in pages)
    # Nor is the thread read there: a link is for one thing.
    assert seen(text, PUBLIC) == {"seen-subject", "seen-rating"}
    assert "canary" not in text


async def test_no_event_of_a_customers_leads_to_a_canary(house: House) -> None:
    # The ticket, its question, the answer with the status that it brings, and the message sent from a draft.
    text = await house.follow(Role.CUSTOMER, 5)

    assert seen(text, PUBLIC) == PUBLIC
    assert "canary" not in text


async def test_the_same_events_lead_to_every_canary_as_staff(house: House) -> None:
    # All that happened since the cursors were taken, but for what only admins or one person may know.
    world = house.helpdesk.world
    many = await world.database.fetchval(
        "SELECT count(*) FROM support_event WHERE organization_id = $1 AND visibility IN ('customer', 'staff')"
        " AND seq >= (SELECT min(seq) FROM support_event WHERE organization_id = $1 AND type = 'TicketCreated')",
        world.id,
    )
    text = await house.follow(Role.AGENT, many)

    assert seen(text, PUBLIC | OF_STAFF | OF_OTHERS) == PUBLIC | OF_STAFF
