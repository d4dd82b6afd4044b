"""What the servers are asked, on seeded data, and the proof that they give the same answers and write the same rows."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from benchmarks.raw_http import Connection
from benchmarks.seeding import Seeded
from benchmarks.servers import Server
from benchmarks.spelling import PAGE

BODY = "The printer on the second floor prints again. Please try, and tell us whether the pages come out straight."


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about: an organization, tickets to read, others to write on, and who writes."""

    organization: UUID
    agent: UUID
    read: Sequence[UUID]
    written: Sequence[UUID]


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of request; `share` of the requests of a round that are this one's."""

    name: str
    title: str
    share: float
    requests: Callable[[Subject, Server], Iterator[bytes]]


def _tickets_one_by_one(subject: Subject, server: Server) -> Iterator[bytes]:
    return itertools.cycle([server.spelling.ticket(id) for id in subject.read])


def _newest_tickets(subject: Subject, server: Server) -> Iterator[bytes]:
    return itertools.repeat(server.spelling.tickets(subject.organization))


def _new_messages(subject: Subject, server: Server) -> Iterator[bytes]:
    return itertools.cycle([server.spelling.add_message(id, subject.agent, BODY) for id in subject.written])


Q1 = Question("Q1", "a ticket, its people and last 5 messages", 1.0, _tickets_one_by_one)
Q2 = Question("Q2", "50 tickets, 10 fields, people, tags, message count", 0.25, _newest_tickets)
M1 = Question("M1", "add a message, 4 fields back", 0.5, _new_messages)
QUESTIONS = (Q1, Q2, M1)

# With five messages and an assignee, so that every one costs the same.
_READ = """
SELECT id FROM support_ticket WHERE organization_id = $1 AND message_count >= 5 AND assignee_id IS NOT NULL
ORDER BY md5(id::text) LIMIT 2000
"""
# A reply moves neither the status nor the first response of these: that would be a second event.
_WRITTEN = """
SELECT id FROM support_ticket
WHERE organization_id = $1 AND status IN ('in_progress', 'waiting_on_customer', 'resolved')
AND first_responded_at IS NOT NULL AND NOT id = ANY($2::uuid[]) ORDER BY md5(id::text) LIMIT 400
"""


async def subject_of(connection: asyncpg.Connection, seeded: Seeded) -> Subject:
    """What to ask about an organization."""
    read = [row["id"] for row in await connection.fetch(_READ, seeded.id)]
    written = [row["id"] for row in await connection.fetch(_WRITTEN, seeded.id, read)]
    if not read or not written:
        raise RuntimeError("too few tickets were seeded to ask about")
    return Subject(seeded.id, seeded.agents[0], read, written)


async def prove_equal(connection: asyncpg.Connection, servers: Sequence[Server], subject: Subject) -> None:
    """Raises RuntimeError where two servers answer differently, or write different rows."""
    for id in subject.read[:20]:
        same({server.name: await answered(server, server.spelling.ticket(id)) for server in servers})
    lists = {server.name: await answered(server, server.spelling.tickets(subject.organization)) for server in servers}
    same(lists)
    if len(lists[servers[0].name]) != PAGE:
        raise RuntimeError(f"a list has {len(lists[servers[0].name])} tickets instead of {PAGE}")
    same({server.name: await _written(connection, server, subject) for server in servers})


async def answered(server: Server, request: bytes) -> Any:
    """What a server says to one request."""
    connection = await Connection.open(server.port)
    try:
        return server.spelling.read(await connection.ask(request))
    finally:
        connection.close()


def same(answers: Mapping[str, Any]) -> None:
    """Raises RuntimeError unless all say the same."""
    (first, expected), *others = answers.items()
    for name, answer in others:
        if answer != expected:
            raise RuntimeError(f"{name} and {first} differ:\n{answer}\n{expected}")


_STATE = """
SELECT t.version, t.public_version, t.message_count, t.public_message_count, c.seq,
    (SELECT count(*) FROM support_ticket_message m WHERE m.ticket_id = t.id) AS messages,
    (SELECT count(*) FROM support_event e WHERE e.ticket_id = t.id) AS events
FROM support_ticket t JOIN support_event_counter c USING (organization_id) WHERE t.id = $1
"""
# What was written last, without what differs by nature: ids and instants.
_LAST = """
SELECT m.author_id, m.author_kind, m.body, m.internal, e.type, e.actor_kind, e.actor_id, e.visibility, e.reacts,
    e.person_id = t.requester_id AS of_the_requester, e.data - 'message_id' AS data,
    (e.data ->> 'message_id')::uuid = m.id AS of_the_message, t.last_message_id = m.id AS last,
    t.last_public_message_id = m.id AS last_public, t.updated_at = m.created_at AS touched,
    t.public_updated_at = m.created_at AS touched_publicly, e.seq = c.seq AS counted
FROM support_ticket t
JOIN support_event_counter c USING (organization_id)
JOIN LATERAL (
    SELECT * FROM support_ticket_message m WHERE m.ticket_id = t.id ORDER BY created_at DESC LIMIT 1
) m ON TRUE
JOIN LATERAL (SELECT * FROM support_event e WHERE e.ticket_id = t.id ORDER BY seq DESC LIMIT 1) e ON TRUE
WHERE t.id = $1
"""


async def _written(connection: asyncpg.Connection, server: Server, subject: Subject) -> Any:
    """What a server's answer to a new message says, by how much each number grew, and what the new rows hold."""
    id = subject.written[0]
    before = await connection.fetchrow(_STATE, id)
    answer = await answered(server, server.spelling.add_message(id, subject.agent, BODY))
    after = await connection.fetchrow(_STATE, id)
    last = await connection.fetchrow(_LAST, id)
    grown = {name: after[name] - value for name, value in before.items()}
    return {"answer": {**answer, "id": "", "createdAt": ""}, "grown": grown, "last": dict(last)}
