"""Tickets by the hundred thousand for benchmarks and tests of scale, the same ones from the same seed.

The rows fulfil every constraint and the counters fit the numbers. Left out are the events: the log begins after the
last seeded ticket, as if older events had been archived.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import asyncpg
from tortoise.models import Model

from models.actors import ActorKind, Role
from models.lifecycle import TicketPriority, TicketStatus
from models.organizations import Membership, Organization, Settings
from models.rows import Layout, layout
from models.tickets import Category, Satisfaction, Tag, Ticket, TicketMessage, TicketTag

# How the tickets are spread over the organizations: a few large tenants and a tail of small ones.
SHARES = (0.40, 0.20, 0.12, 0.08, 0.06, 0.05, 0.04, 0.03, 0.015, 0.005)
END = datetime(2026, 11, 1, tzinfo=UTC)
SPAN = timedelta(days=700)
WORDS = 30_000
SENTENCES = 20_000

_COMMON = """
the I to is my and it a not you help please with for on we this can in have but when be do how no after error of
account app are since that login get new still an now work works working email password update same there try again
issue problem message page order thanks hello payment user open phone screen invoice data find time one day if would
could should will ich nicht die der und es das mit ist ein kann mein bitte hilfe wenn aber noch seit wir auf zu im Konto
Fehler Rechnung Passwort Bestellung Anmeldung geht wieder keine danke hallo Drucker Termin Lieferung zurück Zahlung
delivery printer crash slow network browser button settings license refund subscription upgrade version install sync
export import report calendar contact address language notification attachment backup certificate server timeout
"""
_SYLLABLES = (
    "ba be bi bo ca co da de di do fa fe fi ga go ka ke ko la le li lo lu ma me mi mo na ne no pa pe po ra re ri ro"
)
_FIRST = "Anna Ben Clara David Emma Felix Greta Hannes Ida Jonas Klara Lukas Mia Noah Olga Paul Rosa Sven Tara Yusuf"
_LAST = """
Schmidt Müller Weber Fischer Wagner Becker Hoffmann Schäfer Koch Bauer Richter Klein Wolf Neumann Schwarz Braun
Zimmermann Krüger Hartmann Lange Smith Johnson Williams Brown Jones Garcia Miller Davis Wilson Taylor Anderson Martin
Thompson Moore Clark Lewis Walker Young King Wright
"""
_TAGS = "billing vpn printer refund urgent-call shipping account login mobile desktop beta vip legal outage feature bug"
_DONE = (TicketStatus.RESOLVED, TicketStatus.CLOSED)
_OPEN = (TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.IN_PROGRESS, TicketStatus.WAITING_ON_CUSTOMER)


@dataclass(frozen=True, slots=True)
class Seeded:
    """An organization that was made, and people in it to ask as."""

    id: UUID
    tickets: int
    admin: UUID
    agents: Sequence[UUID]
    customers: Sequence[UUID]


class Zipf:
    """Draws from a list, the first things far more often than the last."""

    def __init__(self, things: Sequence[Any], exponent: float = 1.0) -> None:
        self.things = things
        weights = (1 / (rank + 2) ** exponent for rank in range(len(things)))
        self.cumulative = list(itertools.accumulate(weights))

    def some(self, random: Random, count: int) -> list[Any]:
        """So many draws."""
        return random.choices(self.things, cum_weights=self.cumulative, k=count)


async def seed(
    url: str, *, tickets: int = 100_000, messages: int = 400_000, shares: Sequence[float] = SHARES, number: int = 1
) -> list[Seeded]:
    """Fill a migrated database; the organizations in the order of the shares. `number` picks another such world.

    Needs the tables' owner: foreign keys and indexes are taken away, and made anew when the rows are there.
    """
    made = Making(Random(number), messages / tickets)
    for place, share in enumerate(shares):
        made.organization(f"seeded-{number}-{place}", max(1, round(tickets * share)))
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
            await _load(connection, made)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return made.seeded


class Making:
    """The rows in the making, by table."""

    def __init__(self, random: Random, thread: float) -> None:
        self.random = random
        self.thread = thread
        self.rows: dict[type[Model], list[dict[str, Any]]] = defaultdict(list)
        self.counters: list[tuple[Any, ...]] = []
        self.seeded: list[Seeded] = []
        syllables = _SYLLABLES.split()
        rare = ["".join(random.choices(syllables, k=random.randint(2, 5))) for _ in range(WORDS)]
        words = Zipf([*_COMMON.split(), *rare])
        self.sentences = [
            f"{' '.join(words.some(random, random.randint(3, 10))).capitalize()}." for _ in range(SENTENCES)
        ]

    def organization(self, slug: str, tickets: int) -> None:
        """A tenant with so many tickets, and its people, categories and tags in proportion."""
        random, id, start = self.random, _id(END - SPAN, self.random), END - SPAN
        self.rows[Organization].append({"id": id, "name": slug, "slug": slug, "timezone": "UTC", "created_at": start})
        self.rows[Settings].append({"organization_id": id, "updated_at": start})
        self.counters.append((id, 1, 0, tickets))
        agents = [self._member(id, Role.AGENT) for _ in range(3 + round(tickets**0.35))]
        admin = self._member(id, Role.ADMIN)
        customers = [self._member(id, Role.CUSTOMER) for _ in range(max(2, tickets // 8))]
        self.seeded.append(Seeded(id, tickets, admin, agents, customers))
        categories = [_id(start, random) for _ in range(12)]
        self.rows[Category] += [
            {"id": each, "organization_id": id, "name": f"Category {place}", "created_at": start}
            for place, each in enumerate(categories)
        ]
        tags = [*_TAGS.split(), *(f"project-{place}" for place in range(min(100, tickets // 50)))]
        self.rows[Tag] += [{"organization_id": id, "name": name} for name in tags]
        draws = {
            "requester_id": Zipf(customers, 0.6).some(random, tickets),
            "assignee_id": Zipf([None, *agents], 0.5).some(random, tickets),
            "category_id": Zipf([None, *categories], 0.7).some(random, tickets),
            "priority": random.choices(list(TicketPriority), weights=(20, 55, 20, 5), k=tickets),
        }
        tagged = Zipf(tags)
        for place in range(tickets):
            row = {name: drawn[place] for name, drawn in draws.items()}
            self._ticket(
                id, place + 1, tickets, row, sorted(set(tagged.some(random, random.choice((0, 0, 1, 1, 2, 3)))))
            )

    def _member(self, organization: UUID, role: Role) -> UUID:
        random, id = self.random, _id(END - SPAN, self.random)
        name = f"{random.choice(_FIRST.split())} {random.choice(_LAST.split())}"
        self.rows[Membership].append(
            {
                "id": id,
                "organization_id": organization,
                "role": role,
                "name": name,
                "email": f"{id.hex}@example.test",
                "created_at": END - SPAN,
            }
        )
        return id

    def _ticket(self, organization: UUID, number: int, of: int, row: dict[str, Any], tags: Sequence[str]) -> None:
        random = self.random
        created = END - SPAN * (1 - (number - random.random()) / of)
        row |= {"id": _id(created, random), "organization_id": organization, "number": number}
        row |= {"subject": " ".join(random.choice(self.sentences).split()[:7]), "created_at": created}
        thread = self._thread(row)
        public = [each for each in thread if not each["internal"]]
        last = min(thread[-1]["created_at"], END)
        # What is old is filed; the newest twentieth is at work, with a few stragglers.
        fresh = random.random() < (0.9 if number > of * 0.95 else 0.02)
        status = random.choice(_OPEN) if fresh else random.choices(_DONE, weights=(1, 9))[0]
        finished = status in _DONE
        row |= {
            "status": status,
            "updated_at": last,
            "public_updated_at": public[-1]["created_at"],
            "first_responded_at": next((m["created_at"] for m in public if m["author_kind"] is ActorKind.AGENT), None),
            "resolved_at": last if finished else None,
            "closed_at": last if status is TicketStatus.CLOSED else None,
            "ai_resolved": finished and random.random() < 0.1,
            "version": len(thread) + 1,
            "public_version": len(public),
            "message_count": len(thread),
            "public_message_count": len(public),
            "last_message_id": thread[-1]["id"],
            "last_public_message_id": public[-1]["id"],
        }
        self.rows[Ticket].append(row)
        self.rows[TicketMessage] += thread
        self.rows[TicketTag] += [
            {"organization_id": organization, "ticket_id": row["id"], "name": name} for name in tags
        ]
        if finished and random.random() < 0.2:
            rating = {"organization_id": organization, "ticket_id": row["id"], "agent_id": row["assignee_id"]}
            self.rows[Satisfaction].append(rating | {"rating": random.choice((1, 3, 4, 5, 5)), "created_at": last})

    def _thread(self, ticket: dict[str, Any]) -> list[dict[str, Any]]:
        """The customer's first message, and then answers, notes and more questions; a few threads are long."""
        random = self.random
        length = 1 + min(60, round(random.expovariate(1 / (self.thread - 1)))) if self.thread > 1 else 1
        agent = ticket["assignee_id"]
        at, found = ticket["created_at"], []
        for place in range(length):
            by_agent = place % 2 == 1 and agent is not None
            kind = ActorKind.AGENT if by_agent else ActorKind.CUSTOMER
            found.append(
                {
                    "id": _id(at, random),
                    "organization_id": ticket["organization_id"],
                    "ticket_id": ticket["id"],
                    "author_id": agent if by_agent else ticket["requester_id"],
                    "author_kind": kind,
                    "body": self._body(ticket if place == 0 else None),
                    "internal": by_agent and random.random() < 0.25,
                    "created_at": at,
                }
            )
            at += timedelta(minutes=random.expovariate(1 / 400))
        return found

    def _body(self, opened: dict[str, Any] | None) -> str:
        said = self.random.choices(self.sentences, k=self.random.choice((1, 2, 2, 3, 4)))
        if opened:
            said.append(f"Order {opened['number']}-{opened['id'].hex[-6:]}.")
        return " ".join(said)


def _id(at: datetime, random: Random) -> UUID:
    """A UUIDv7 of that instant, as it would have been made then."""
    milliseconds = round(at.timestamp() * 1000)
    noise = random.getrandbits(74)
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (noise >> 62) << 64 | 0x2 << 62 | noise & (1 << 62) - 1)


_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
       format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS anew
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[])
"""
# All but those that a constraint stands on.
_INDEXES = """
SELECT format('DROP INDEX %s', i.indexrelid::regclass) AS away, pg_get_indexdef(i.indexrelid) AS anew
FROM pg_index i WHERE i.indrelid = ANY($1::text[]::regclass[])
AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
"""


async def _load(connection: asyncpg.Connection, made: Making) -> None:
    """Copy all rows. Messages lie as they arrived, so that a thread's are far from each other, as in life."""
    tables = [layout(model).table for model in made.rows]
    keys = await connection.fetch(_KEYS, tables)
    indexes = await connection.fetch(_INDEXES, tables)
    for each in (*keys, *indexes):
        await connection.execute(each["away"])
    await connection.copy_records_to_table(
        "support_event_counter", records=made.counters, columns=["organization_id", "epoch", "seq", "ticket_number"]
    )
    for model, rows in made.rows.items():
        shape = layout(model)
        columns = [
            name for name in shape.columns if name in shape.factories or name in shape.defaults or name in rows[0]
        ]
        if "created_at" in columns:
            rows.sort(key=lambda row: row["created_at"])
        records = (_record(row, columns, shape) for row in rows)
        await connection.copy_records_to_table(shape.table, records=records, columns=columns)
    for each in (*indexes, *keys):
        await connection.execute(each["anew"])


def _record(row: dict[str, Any], columns: Sequence[str], shape: Layout) -> tuple[Any, ...]:
    """A row's values, defaults where it says nothing."""
    return tuple(
        row[name] if name in row else shape.factories[name]() if name in shape.factories else shape.defaults[name]
        for name in columns
    )
