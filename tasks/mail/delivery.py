"""Delivers letters: each has a row, is sent once as far as anybody can know, and is marked sent."""

from __future__ import annotations

from collections.abc import Iterable

from models.actors import Actor, ActorKind
from models.mail import MailKind, MailStatus, message_id
from models.recorded import RecordedEvent
from resolvers.mail import QueuedMail, WantedMail, mark_mail_sent, queue_mails
from tasks.context import TaskContext
from tasks.mail.envelopes import domain_of, message
from tasks.mail.letters import Letter

CEILING = 20
"""So many automatic mails about one ticket, or confirmations, somebody gets within an hour."""

# Of these somebody has written the text, if somebody has.
_WRITTEN = frozenset({MailKind.AGENT_REPLY, MailKind.TICKET_RESOLVED, MailKind.INVITATION})
_TO_SEND = frozenset({MailStatus.QUEUED, MailStatus.FAILED})


async def deliver(context: TaskContext, event: RecordedEvent, letters: Iterable[Letter]) -> None:
    """Send the letters that follow an event, those that are not sent yet. Run again, it comes to the same."""
    actor = Actor.system(context.database, event.organization_id)
    wanted = {(letter.kind, letter.recipient.id): letter for letter in letters}
    if not wanted:
        return
    rows = await queue_mails(actor, event.id, [_wanted(context, event, each) for each in wanted.values()], CEILING)
    for mail in rows:
        letter = wanted.get((mail.kind, mail.recipient_id))
        if letter and mail.status in _TO_SEND:
            await _send(context, actor, letter, mail)


async def _send(context: TaskContext, actor: Actor, letter: Letter, mail: QueuedMail) -> None:
    await context.outbox.send(letter.sender.slug, mail.id, message(letter, mail, context.settings))
    await mark_mail_sent(actor, mail.id)


def _wanted(context: TaskContext, event: RecordedEvent, letter: Letter) -> WantedMail:
    return WantedMail(
        letter.kind,
        letter.recipient.id,
        letter.recipient.address is not None,
        message_id(event.id, letter.kind, letter.recipient.id, domain_of(context.settings)),
        letter.ticket_id,
        automatic=letter.kind not in _WRITTEN or event.actor_kind is not ActorKind.AGENT,
    )
