"""Two organizations in which every text and every id says who may see it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID

from graphql_api.ids import encode
from models.actors import Actor, ActorKind, Role
from models.assistance import Article, ArticleKind, CannedResponse
from models.database import Database
from models.fields import new_id
from models.lifecycle import TicketPriority
from models.organizations import SavedView
from models.rows import new
from models.tickets import Category, Tag, TicketTag
from models.writer import organization_write
from resolvers.tickets import append_message, open_ticket, touch
from tests.access.things import a_rating
from tests.mutations.drafts import DRAFT, record
from tests.world import World, make_world, token_for

_ID = re.compile(r"\b(?:org|usr|cat|tkt|tag|view|msg|sug|sat|art|can|tok)_[0-9a-f]{32}\b")
_MARK = re.compile(r"mark\d+x")


@dataclass
class Marked:
    """The people of two organizations by name, and who may see each id and each mark of a text."""

    people: dict[str, Actor] = field(default_factory=dict)
    seen_by: dict[str, frozenset[str]] = field(default_factory=dict)

    def text(self, who: Iterable[str]) -> str:
        """A text that only these may read."""
        mark = f"mark{len(self.seen_by)}x"
        self.seen_by[mark] = frozenset(who)
        return mark

    def row(self, prefix: str, row_id: UUID | None, who: Iterable[str]) -> str:
        """The id of a row that only these may read."""
        text = encode(prefix, row_id) if row_id else ""
        self.seen_by[text] = frozenset(who)
        return text

    def hidden(self, name: str, told: str) -> set[str]:
        """What of an answer the person may not see."""
        return {each for each in self.found(told) if name not in self.seen_by[each]}

    def found(self, told: str) -> set[str]:
        """The ids and marks in an answer."""
        return {*_ID.findall(told), *_MARK.findall(told)}

    @property
    def ids(self) -> list[str]:
        """All ids of both organizations."""
        return [each for each in self.seen_by if _ID.fullmatch(each)]


async def marked(database: Database) -> Marked:
    """Two organizations with the same things in them."""
    house = Marked()
    for place in ("here", "there"):
        await _furnish(house, place, await make_world(database))
    return house


async def _furnish(house: Marked, place: str, world: World) -> None:
    """People, then tickets of two customers, then what staff keep."""
    actors = {
        "admin": world.admin,
        "agent": world.agent,
        "colleague": await world.member(Role.AGENT),
        "analyst": world.analyst,
        "customer": world.customer,
        "neighbour": await world.member(Role.CUSTOMER),
    }
    people = {name: f"{place} {name}" for name in actors}
    customers = {people["customer"], people["neighbour"]}
    everyone = frozenset(people.values())
    staff = everyone - customers
    house.people |= {people[name]: actor for name, actor in actors.items()}
    house.row("org", world.id, everyone)
    await _name(house, world, {people[name]: actor for name, actor in actors.items()}, staff, everyone)
    for name, actor in actors.items():
        if not actor.is_customer:
            token = (await token_for(actor))[0]
            house.seen_by[token] = frozenset({people["admin"], people[name]})
    # The tokens that every world comes with.
    for row in await world.database.fetch(
        "SELECT id, membership_id FROM support_api_token WHERE organization_id = $1", world.id
    ):
        owners = {people[name] for name, actor in actors.items() if actor.user_id == row["membership_id"]}
        house.row("tok", row["id"], (owners | {people["admin"]}) - customers)
    await _keep(house, world, people, staff, everyone)
    for name in ("customer", "neighbour"):
        for _ in range(3):
            await _a_ticket(house, world, actors[name], staff, staff | {people[name]})


async def _name(
    house: Marked, world: World, actors: Mapping[str, Actor], staff: frozenset[str], everyone: frozenset[str]
) -> None:
    """Names and addresses: customers know their own, and staff by name."""
    for name, actor in actors.items():
        who = staff | {name} if actor.is_customer else everyone
        house.row("usr", actor.user_id, who)
        await world.database.execute(
            "UPDATE support_membership SET name = $2, email = $3 WHERE id = $1",
            actor.user_id,
            house.text(who),
            f"{house.text(staff | {name} if actor.is_customer else staff)}{new_id().hex}@example.test",
        )


async def _keep(
    house: Marked, world: World, people: Mapping[str, str], staff: frozenset[str], everyone: frozenset[str]
) -> None:
    """What an organization keeps beside its tickets."""
    async with organization_write(world.admin) as write:
        dated = {"organization_id": world.id, "created_at": write.now}
        category = new(Category, **dated, name=house.text(everyone), description=house.text(everyone))
        gone = new(Category, **dated, name=house.text(()), deleted_at=write.now)
        canned = new(
            CannedResponse,
            **dated,
            updated_at=write.now,
            title=house.text(staff),
            shortcut=house.text(staff),
            body=house.text(staff),
        )
        page, snippet = (
            new(Article, **dated, updated_at=write.now, kind=kind, title=house.text(who), body=house.text(who))
            for kind, who in ((ArticleKind.HELP_CENTER, everyone), (ArticleKind.SNIPPET, staff))
        )
        own = {people["agent"]}
        shared, private = (
            new(
                SavedView,
                **dated,
                updated_at=write.now,
                owner_id=world.agent.user_id,
                name=house.text(who),
                ticket_filter={},
                shared=who is staff,
            )
            for who in (staff, own)
        )
        tag = new(Tag, organization_id=world.id, name=house.text(staff))
        for row in (category, gone, canned, page, snippet, shared, private, tag):
            write.insert(row)
    for prefix, row, who in (
        ("cat", category, everyone),
        ("cat", gone, ()),
        ("can", canned, staff),
        ("art", page, everyone),
        ("art", snippet, staff),
        ("view", shared, staff),
        ("view", private, own),
        ("tag", tag, staff),
    ):
        house.row(prefix, row.id, who)


async def _a_ticket(house: Marked, world: World, owner: Actor, staff: frozenset[str], who: frozenset[str]) -> None:
    """A ticket of a customer's with an answer, a note, a tag, a draft and a rating."""
    async with organization_write(world.agent) as write:
        assert owner.user_id
        ticket = open_ticket(
            write, requester_id=owner.user_id, subject=house.text(who), category_id=None, priority=TicketPriority.HIGH
        )
        agent = world.agent.user_id
        messages = [
            append_message(
                write, ticket, house.text(readers), kind=ActorKind.AGENT, author_id=agent, internal=readers is staff
            )
            for readers in (who, staff, who, staff)
        ]
        write.insert(new(TicketTag, organization_id=world.id, ticket_id=ticket.id, name=house.text(staff)))
        touch(write, ticket, public=False, assignee_id=agent)
    house.row("tkt", ticket.id, who)
    for message in messages:
        house.row("msg", message.id, staff if message.internal else who)
    text = encode("tkt", ticket.id)
    house.seen_by[await a_rating(world, text, comment=house.text(who), agent_id=agent)] = who
    draft = await record(world, {"id": text}, replace(DRAFT, text=house.text(staff)))
    if draft:
        house.seen_by[draft] = staff
