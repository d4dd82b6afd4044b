"""Who is told of what happens to tickets: assignees, the team, and those whom colleagues mention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from models.actors import Actor, ActorKind
from models.database import Fetch
from models.events import MessageAdded, TicketAssigned
from models.log import NotificationKind
from models.recorded import RecordedEvent
from models.writer import organization_write
from resolvers.access import operation
from resolvers.correspondence import SENDER_COLUMNS, Correspondence, Recipient, sender_of
from resolvers.mentions import Mentionable, mentioned
from resolvers.telling import Occasion, tell, who_want_mail


@dataclass(frozen=True, slots=True)
class NoticeMail:
    """What a mail about an event says, and to whom: what happened to which ticket. Not who did it, and nothing of what
    anybody wrote: those are for the helpdesk's own eyes, and mail may be read by others."""

    kind: NotificationKind
    ticket: Correspondence


@operation
async def notify_members(actor: Actor, event: RecordedEvent) -> int:
    """Tell those whom an event concerns, once however often it is asked; how many were told now."""
    async with organization_write(actor) as write:
        concerned = await members_concerned(write.connection.fetch, event)
        return await tell(write, occasion_of(event), concerned) if concerned else 0


@operation
async def notice_mails(actor: Actor, event: RecordedEvent) -> list[NoticeMail]:
    """The mails that an event is worth: to those whom it concerns and who want one at once."""
    fetch, occasion = actor.database.fetch, occasion_of(event)
    wanting = await who_want_mail(fetch, occasion.kind, await members_concerned(fetch, event))
    rows = await fetch(_MAILS, actor.organization_id, occasion.ticket_id, [*wanting])
    return [
        NoticeMail(
            occasion.kind,
            Correspondence(
                sender_of(row),
                Recipient(row["recipient_id"], row["recipient_name"], row["address"]),
                occasion.ticket_id,
                row["number"],
                row["subject"],
            ),
        )
        for row in rows
    ]


def occasion_of(event: RecordedEvent) -> Occasion:
    """What an assignment, a customer's message or a colleague's gives occasion to say."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    match event.fact:
        case TicketAssigned():
            return Occasion(event.id, event.ticket_id, NotificationKind.TICKET_ASSIGNED, event.actor_id)
        case MessageAdded(message_id, ActorKind.CUSTOMER):
            return Occasion(event.id, event.ticket_id, NotificationKind.CUSTOMER_REPLY, event.actor_id, message_id)
        case MessageAdded(message_id, ActorKind.AGENT):
            return Occasion(event.id, event.ticket_id, NotificationKind.MENTION, event.actor_id, message_id)
    raise LookupError(f"event {event.id} is no occasion to tell anybody")


async def members_concerned(fetch: Fetch, event: RecordedEvent) -> Sequence[UUID]:
    """Whom an event concerns, in the order of being told; never those who did it."""
    match event.fact:
        case TicketAssigned(assignee_id):
            rows = await fetch(_STILL_ASSIGNED, event.organization_id, event.ticket_id, assignee_id, event.actor_id)
            return [row["id"] for row in rows]
        case MessageAdded(message_id, ActorKind.CUSTOMER):
            rows = await fetch(_ANSWERING, event.organization_id, event.ticket_id, message_id, event.actor_id)
            return [row["id"] for row in rows]
        case MessageAdded(message_id, ActorKind.AGENT):
            return await _mentioned_in(fetch, event, message_id)
    return []


async def _mentioned_in(fetch: Fetch, event: RecordedEvent, message_id: UUID) -> Sequence[UUID]:
    """A mention of oneself does nothing, and takes nobody's place."""
    found = await fetch(_BODY, event.organization_id, message_id)
    if not found:
        return []
    rows = await fetch(_MENTIONABLE, event.organization_id)
    members = [Mentionable(row["id"], row["name"]) for row in rows]
    return mentioned(found[0]["body"], members, without=event.actor_id)


# Whoever has lost it again meanwhile is not told that they got it.
_STILL_ASSIGNED = """
SELECT assignee_id AS id FROM support_ticket
WHERE organization_id = $1 AND id = $2 AND assignee_id = $3 AND assignee_id IS DISTINCT FROM $4
"""
# A ticket's first message is no reply. An assignee who has left, or works no more, is none.
_ANSWERING = """
WITH active AS (
    SELECT id FROM support_membership
    WHERE organization_id = $1 AND role IN ('admin', 'agent') AND deactivated_at IS NULL
)
SELECT active.id FROM support_ticket t
JOIN active ON active.id = t.assignee_id OR NOT EXISTS (SELECT FROM active WHERE id = t.assignee_id)
WHERE t.organization_id = $1 AND t.id = $2 AND active.id IS DISTINCT FROM $4
    AND EXISTS (
        SELECT FROM support_ticket_message this
        JOIN support_ticket_message earlier ON earlier.ticket_id = this.ticket_id
            AND (earlier.created_at, earlier.id) < (this.created_at, this.id) AND NOT earlier.internal
        WHERE this.id = $3
    )
ORDER BY active.id
"""
_BODY = "SELECT body FROM support_ticket_message WHERE organization_id = $1 AND id = $2 AND position('@' IN body) > 0"
_MENTIONABLE = """
SELECT id, name FROM support_membership
WHERE organization_id = $1 AND role IN ('admin', 'agent', 'analyst') AND deactivated_at IS NULL ORDER BY id
"""
_MAILS = f"""
SELECT {SENDER_COLUMNS}, t.number, t.subject, m.id AS recipient_id, m.name AS recipient_name, m.email AS address
FROM support_ticket t
JOIN support_organization o ON o.id = t.organization_id
JOIN support_settings s ON s.organization_id = o.id
JOIN support_membership m ON m.organization_id = o.id AND m.id = ANY($3)
WHERE t.organization_id = $1 AND t.id = $2 ORDER BY m.id
"""
