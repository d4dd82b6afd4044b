"""A log with facts of every kind, about what is there, what is gone and what is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from graphql_api.ids import decode
from graphql_api.queries import NODES
from graphql_api.types.organizations import OrganizationType
from models.actors import Actor, ActorKind, Role
from models.assistance import SuggestionStatus
from models.errors import NotFound
from models.events import FACTS, Change, Fact, TicketField
from models.fields import new_id
from models.lifecycle import TicketPriority, TicketStatus
from models.organizations import MemberChange, TokenChange
from models.recorded import RecordedEvent
from models.rows import layout
from models.tickets import Ticket
from models.writer import organization_write
from resolvers.access import look_up
from subscriptions.feed import REPLAY_PAGE
from subscriptions.items import FeedEvent, Scope
from subscriptions.replay import read_scope
from tests.plans.documents import Pool

ROUNDS = 4


class Happenings:
    """Makes facts about an organization's rows and, now and then, about others from a pool or of nobody's."""

    def __init__(self, random: Random, pool: Pool, rows: Mapping[str, Sequence[UUID]]) -> None:
        self.random = random
        self.pool = pool
        self.rows = rows

    def key(self, prefix: str) -> UUID:
        """A row of that type, mostly."""
        if self.rows.get(prefix) and self.random.random() < 0.85:
            return self.random.choice(self.rows[prefix])
        found = [key for each in self.pool.ids if (key := decode(prefix, each))]
        return self.random.choice([*found, new_id()])

    def key_or_none(self, prefix: str) -> UUID | None:
        """The same, or nothing."""
        return self.random.choice([None, self.key(prefix), self.key(prefix)])

    def fact(self, name: str) -> Fact:
        """A fact of the kind."""
        pick: Any = self.random.choice
        of: dict[str, Sequence[Any]] = {
            "TicketCreated": (pick(list(TicketPriority)), self.key_or_none("tkt")),
            "TicketStatusChanged": (pick(list(TicketStatus)), pick(list(TicketStatus))),
            "TicketAssigned": (self.key_or_none("usr"), self.key_or_none("usr")),
            "TicketUpdated": (
                tuple(self.random.sample(list(TicketField), pick([0, 1, 2]))),
                pick([None, *TicketPriority]),
                pick([None, *TicketPriority]),
                self.key_or_none("cat"),
                self.key_or_none("cat"),
            ),
            "TicketSnoozed": (pick([None, datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)]),),
            "TicketTagged": (
                tuple(self.key("tag") for _ in range(pick([0, 1, 3]))),
                tuple(self.key("tag") for _ in range(pick([0, 2]))),
            ),
            "MessageAdded": (self.key("msg"), pick(list(ActorKind)), pick([True, False])),
            "SuggestionDecided": (self.key("sug"), pick(list(SuggestionStatus))),
            "MemberChanged": (self.key("usr"), pick(list(MemberChange)), pick(list(Role))),
            "CategoryChanged": (self.key("cat"), pick(list(Change))),
            "CannedResponseChanged": (self.key("can"), pick(list(Change))),
            "SettingsChanged": (pick([1, 2]),),
            "TokenChanged": (self.key("tok"), self.key("usr"), pick(list(TokenChange))),
            "SavedViewChanged": (self.key("view"), pick(list(Change)), pick([True, False])),
        }
        if name not in of:
            of[name] = (self.key(_ABOUT[name]),) if name in _ABOUT else (pick(list(TicketStatus)),)
        return FACTS[name](*of[name])


# Facts that are about one row and no more.
_ABOUT = {
    "SuggestionReady": "sug",
    "SuggestionRequested": "sug",
    "SessionStarted": "usr",
    "SessionEnded": "usr",
    "ArticleChanged": "art",
    "ArticleIndexed": "art",
}


async def happen(actors: Sequence[Actor], pool: Pool, seed: int) -> None:
    """Record some facts of every kind, by everybody in turn."""
    random = Random(seed)
    rows = await rows_of(actors[0])
    happenings = Happenings(random, pool, rows)
    for _ in range(ROUNDS):
        for name in FACTS:
            actor = random.choice(actors)
            async with organization_write(actor) as write:
                ticket = None
                if "Ticket" in name or name == "MessageAdded" or random.random() < 0.3:
                    ticket = await some_ticket(actor, rows["tkt"], random)
                write.record(happenings.fact(name), ticket, person_id=random.choice(actors).user_id)


async def rows_of(actor: Actor) -> dict[str, list[UUID]]:
    """The keys of an organization's rows, by the prefix of their ids."""
    found = {}
    for prefix, kind in NODES.items():
        if kind is not OrganizationType:
            rows = await actor.database.fetch(
                f"SELECT id FROM {layout(kind.table).table} WHERE organization_id = $1 ORDER BY id LIMIT 20",
                actor.organization_id,
            )
            found[prefix] = [row["id"] for row in rows]
    return found


async def some_ticket(actor: Actor, keys: Sequence[UUID], random: Random) -> Ticket | None:
    """One of the tickets that the actor sees, if a few tries find any."""
    for key in random.sample(keys, min(5, len(keys))):
        with suppress(NotFound):
            return await look_up(actor, Ticket, key)
    return None


async def seen(actor: Actor) -> list[RecordedEvent]:
    """All events of the log that the actor may see."""
    found: list[FeedEvent] = []
    reached, complete = 0, False
    while not complete:
        page = await read_scope(actor.database, Scope(actor), reached, REPLAY_PAGE)
        found += page.events
        reached, complete = page.reached, page.complete
    return [item.event for item in found]
