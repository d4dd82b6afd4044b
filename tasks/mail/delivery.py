"""Delivers letters: each has a row, is sent once as far as anybody can know, and is marked sent."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from models.actors import Actor, ActorKind
from models.mail import MailKind, MailReason, MailStatus, message_id
from models.recorded import RecordedEvent
from resolvers.mail import (
    QueuedMail,
    WantedMail,
    mark_mail_failed,
    mark_mail_put_off,
    mark_mail_sent,
    queue_mails,
    without_addresses,
)
from resolvers.outbox import remove_mails
from tasks.context import TaskContext
from tasks.leases import Refused
from tasks.mail.carrying import MailAway, MailRefused
from tasks.mail.envelopes import domain_of, is_deliverable, packed
from tasks.mail.letters import Letter

# Of these somebody has written the text, if somebody has.
_WRITTEN = frozenset({MailKind.AGENT_REPLY, MailKind.TICKET_RESOLVED})


async def deliver(context: TaskContext, event: RecordedEvent, letters: Iterable[Letter]) -> None:
    """Send the letters that follow an event, those that are not sent yet. Run again, it comes to the same."""
    actor = Actor.system(context.database, event.organization_id)
    wanted = {(letter.kind, letter.recipient.id): letter for letter in letters}
    if not wanted:
        return
    ceiling = context.settings.mail_ceiling
    rows = await queue_mails(actor, event.id, [_wanted(context, event, each) for each in wanted.values()], ceiling)
    found = [(letter, mail) for mail in rows if (letter := wanted.get((mail.kind, mail.recipient_id)))]
    # What was refused is offered again only if nothing else is left: when somebody has the reaction tried again.
    to_send = [each for each in found if each[1].status is MailStatus.QUEUED] or [
        each for each in found if each[1].status is MailStatus.FAILED
    ]
    answers = [await _send(context, actor, letter, mail) for letter, mail in to_send]
    for kind in (MailAway, MailRefused):
        if said := [answer for answer in answers if isinstance(answer, kind)]:
            # In what stands in the database there are no addresses.
            why = without_addresses(str(said[0]))
            raise Refused(why) if kind is MailRefused else MailAway(why)


async def _send(context: TaskContext, actor: Actor, letter: Letter, mail: QueuedMail) -> MailAway | MailRefused | None:
    """Hand one mail over and keep what came of it, which must not be in the way of the others."""
    parcel = await packed(letter, mail, context.settings)
    try:
        await context.carrier.send(parcel)
    except MailAway as away:
        await mark_mail_put_off(actor, mail.id, str(away))
        return away
    except MailRefused as refusal:
        await mark_mail_failed(actor, mail.id, MailReason.REFUSED, str(refusal))
        return refusal
    if not await mark_mail_sent(actor, mail.id):
        await asyncio.to_thread(remove_mails, context.settings.outbox_folder, [mail.id])
    return None


def _wanted(context: TaskContext, event: RecordedEvent, letter: Letter) -> WantedMail:
    return WantedMail(
        letter.kind,
        letter.recipient.id,
        is_deliverable(letter.recipient.address),
        message_id(event.id, letter.kind, letter.recipient.id, domain_of(context.settings)),
        letter.ticket_id,
        automatic=letter.kind not in _WRITTEN or event.actor_kind is not ActorKind.AGENT,
    )
