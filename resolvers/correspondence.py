"""Mail's two ends, as tasks write it: from whom and to whom it goes, and what a requester is told by an event."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor
from models.database import Row
from models.errors import NotFound
from models.events import MessageAdded
from models.recorded import RecordedEvent
from resolvers.access import operation


@dataclass(frozen=True, slots=True)
class Sender:
    """An organization as its mail shows it. `from_email` may be written from where it is of the `verified_domain`."""

    organization_id: UUID
    slug: str
    name: str
    locale: str
    timezone: str
    from_email: str | None
    from_name: str | None
    verified_domain: str | None


@dataclass(frozen=True, slots=True)
class Recipient:
    """To whom a mail goes. Somebody who was erased or has left has no address."""

    id: UUID
    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class Correspondence:
    """What mail about a ticket needs to know of it; the recipient is its requester."""

    sender: Sender
    recipient: Recipient
    ticket_id: UUID
    number: int
    subject: str


SENDER_COLUMNS = (
    "o.id AS organization_id, o.slug, o.name AS organization_name, o.timezone, s.locale, s.from_email, s.from_name,"
    " s.verified_domain"
)


def sender_of(row: Row) -> Sender:
    """The sender that a row with `SENDER_COLUMNS` tells of."""
    return Sender(
        row["organization_id"],
        row["slug"],
        row["organization_name"],
        row["locale"],
        row["timezone"],
        row["from_email"],
        row["from_name"],
        row["verified_domain"],
    )


_SENDER = (
    f"SELECT {SENDER_COLUMNS} FROM support_organization o JOIN support_settings s ON s.organization_id = o.id"
    " WHERE o.id = $1"
)
_CORRESPONDENCE = (
    f"SELECT {SENDER_COLUMNS}, t.number, t.subject, m.id AS recipient_id, m.name AS recipient_name,"
    " CASE WHEN m.deactivated_at IS NULL THEN m.email END AS address"
    " FROM support_ticket t JOIN support_organization o ON o.id = t.organization_id"
    " JOIN support_settings s ON s.organization_id = o.id JOIN support_membership m ON m.id = t.requester_id"
    " WHERE t.id = $1 AND t.organization_id = $2"
)


@operation
async def mail_sender(actor: Actor) -> Sender:
    """The organization as its mail shows it."""
    row = await actor.database.fetchrow(_SENDER, actor.organization_id)
    if row is None:
        raise NotFound("organization")
    return sender_of(row)


@operation
async def correspondence(actor: Actor, ticket_id: UUID) -> Correspondence:
    """What mail to a ticket's requester needs to know."""
    row = await actor.database.fetchrow(_CORRESPONDENCE, ticket_id, actor.organization_id)
    if row is None:
        raise NotFound("ticket")
    recipient = Recipient(row["recipient_id"], row["recipient_name"], row["address"])
    return Correspondence(sender_of(row), recipient, ticket_id, row["number"], row["subject"])


@dataclass(frozen=True, slots=True)
class Told:
    """What a requester is told by an event about their ticket: with an answer in it, where there is one."""

    ticket: Correspondence
    answer: str | None


@operation
async def reply_told(actor: Actor, event: RecordedEvent) -> Told | None:
    """A public message as its requester is told of it; None where they wrote it themselves, where it is no public
    one, or where it resolved the ticket too: then the mail about that tells it."""
    fact = event.fact
    if not isinstance(fact, MessageAdded) or event.ticket_id is None:
        raise LookupError(f"event {event.id} is no message")
    row = await actor.database.fetchrow(_REPLY, fact.message_id, actor.organization_id, event.id)
    return Told(await correspondence(actor, event.ticket_id), row["body"]) if row else None


@operation
async def resolution_told(actor: Actor, event: RecordedEvent) -> Told:
    """A resolution as the requester is told of it, with the message that came with it."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    answer = await actor.database.fetchval(_ANSWER, event.id, actor.organization_id)
    return Told(await correspondence(actor, event.ticket_id), answer)


# A message and what it does to the ticket are one write, the message first: one transaction, of which xmin tells. The
# instant is asked for too, because a database that was restored from a dump has all its rows from one transaction.
_SAME_WRITE = "e.ticket_id = this.ticket_id AND e.recorded_at = this.recorded_at AND e.xmin = this.xmin"
_REPLY = f"""
SELECT m.body FROM support_ticket_message m JOIN support_ticket t ON t.id = m.ticket_id
WHERE m.id = $1 AND m.organization_id = $2 AND NOT m.internal AND m.author_id IS DISTINCT FROM t.requester_id
    AND NOT EXISTS (SELECT FROM support_event this JOIN support_event e ON {_SAME_WRITE} AND e.seq > this.seq
        WHERE this.id = $3 AND e.type = 'TicketResolved')
"""
_ANSWER = f"""
SELECT m.body FROM support_event this
JOIN support_event e ON {_SAME_WRITE} AND e.seq < this.seq
JOIN support_ticket_message m ON m.id = (e.data->>'message_id')::uuid AND m.organization_id = $2
JOIN support_ticket t ON t.id = m.ticket_id
WHERE this.id = $1 AND e.type = 'MessageAdded'
    AND NOT m.internal AND m.author_kind IN ('agent', 'ai') AND m.author_id IS DISTINCT FROM t.requester_id
ORDER BY e.seq DESC LIMIT 1
"""
