"""A log with facts of every kind, about what is there, what is gone and what is somebody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import fields
from datetime import UTC, datetime
from random import Random
from typing import Any, get_args, get_origin, get_type_hints
from uuid import UUID

from graphql_api.ids import decode
from graphql_api.queries import NODES
from graphql_api.types.organizations import OrganizationType
from models.actors import Actor, Role
from models.errors import NotFound
from models.events import FACTS
from models.fact import Fact
from models.fields import new_id
from models.recorded import RecordedEvent
from models.rows import layout
from models.tickets import Ticket
from models.writer import organization_write
from resolvers.access import look_up
from resolvers.business_calendars import CalendarChanges, Opening, create_business_calendar
from resolvers.policy_terms import PolicyChanges
from resolvers.sla_policies import create_sla_policy
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

    def fact(self, name: str) -> Fact:
        """A fact of the kind, with a value in each field that its type allows."""
        kinds = get_type_hints(FACTS[name])
        return FACTS[name](**{field.name: self._value(field.name, kinds[field.name]) for field in fields(FACTS[name])})

    def _value(self, name: str, kind: Any) -> Any:
        parts = get_args(kind)
        if type(None) in parts:
            return None if self.random.random() < 0.33 else self._value(name, parts[0])
        if get_origin(kind) is tuple:
            return tuple(self._value(name, parts[0]) for _ in range(self.random.choice([0, 1, 3])))
        if kind is UUID:
            return self.key(_NAMED.get(name, ""))
        if kind is bool:
            return self.random.choice([True, False])
        if kind is int:
            return self.random.choice([1, 2])
        if kind is datetime:
            return datetime(2026, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
        return self.random.choice(list(kind))


# What kind of row a fact's field names, by the prefix of its ids.
_NAMED = {
    "added": "tag",
    "article_id": "art",
    "assignee_id": "usr",
    "calendar_id": "cal",
    "calendar_version_id": "clv",
    "canned_response_id": "can",
    "category_id": "cat",
    "cause_id": "evt",
    "follow_up_of_id": "tkt",
    "member_id": "usr",
    "message_id": "msg",
    "policy_id": "sla",
    "policy_version_id": "slv",
    "previous_category_id": "cat",
    "previous_id": "usr",
    "removed": "tag",
    "suggestion_id": "sug",
    "token_id": "tok",
    "view_id": "view",
}


# Facts that clocks are reckoned from: what they name is there, so these happen as they do to everybody.
OF_VERSIONS = {"SlaPolicyChanged", "BusinessCalendarChanged"}


async def happen(actors: Sequence[Actor], pool: Pool, seed: int) -> None:
    """Record some facts of every kind, by everybody in turn."""
    random = Random(seed)
    rows = await rows_of(actors[0])
    happenings = Happenings(random, pool, rows)
    admin = next(actor for actor in actors if actor.role is Role.ADMIN)
    calendar_id = await create_business_calendar(
        admin, CalendarChanges(name="Office", weekly=[Opening("09:00", "17:00")])
    )
    await create_sla_policy(admin, PolicyChanges(name="Gold", targets={}, calendar_id=calendar_id))
    for _ in range(ROUNDS):
        for name in sorted(FACTS.keys() - OF_VERSIONS):
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
