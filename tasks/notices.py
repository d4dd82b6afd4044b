"""Reactions that tell members of what people do to tickets: at once, or by the daily digest."""

from __future__ import annotations

from datetime import timedelta

from models.actors import Actor, ActorKind
from models.events import MessageAdded, TicketAssigned
from models.links import Link
from models.recorded import RecordedEvent
from resolvers.digests import digest_of
from resolvers.notifying import notice_mails, notify_members
from tasks.context import TaskContext
from tasks.mail import letters
from tasks.mail.delivery import deliver

# A digest is read late, and kept; its link has to work for as long as somebody may want it to.
UNSUBSCRIBE_FOR = timedelta(days=365)


def may_concern_somebody(event: RecordedEvent) -> bool:
    """Whether there may be somebody to tell; the texts of messages are not looked at yet."""
    match event.fact:
        case TicketAssigned(assignee_id):
            return assignee_id is not None and assignee_id != event.actor_id
        case MessageAdded(_, ActorKind.CUSTOMER):
            return True
        case MessageAdded(_, ActorKind.AGENT, may_mention=may_mention):
            return may_mention
    return False


async def notify(context: TaskContext, event: RecordedEvent) -> None:
    """Put it among the notifications of those whom it concerns."""
    await notify_members(Actor.system(context.database, event.organization_id), event)


async def mail_of_notice(context: TaskContext, event: RecordedEvent) -> None:
    """Write to those of them who want mail at once."""
    mails = await notice_mails(Actor.system(context.database, event.organization_id), event)
    await deliver(context, event, [letters.notice(mail) for mail in mails])


async def mail_of_digest(context: TaskContext, event: RecordedEvent) -> None:
    """Send a digest that is due."""
    if event.person_id is None:
        raise LookupError(f"event {event.id} names nobody")
    digest = await digest_of(Actor.system(context.database, event.organization_id), event.id, event.person_id)
    if digest:
        until = event.recorded_at + UNSUBSCRIBE_FOR
        link = context.links.address(Link.to_unsubscribe(event.organization_id, event.person_id, until))
        await deliver(context, event, [letters.digest(digest, link)])
