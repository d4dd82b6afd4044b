"""The reaction that takes back what lies in the outbox of somebody who is nobody any more."""

from __future__ import annotations

import asyncio

from models.actors import Actor
from models.events import MemberChanged
from models.organizations import MemberChange
from models.recorded import RecordedEvent
from resolvers.correspondence import mail_sender
from resolvers.mail import known_mails
from resolvers.outbox import mails_in, remove_mails
from tasks.context import TaskContext


def makes_nobody(event: RecordedEvent) -> bool:
    """Whether a member lost name and address."""
    fact = event.fact
    return isinstance(fact, MemberChanged) and fact.change in {MemberChange.ERASED, MemberChange.ANONYMIZED}


async def forget_mail(context: TaskContext, event: RecordedEvent) -> None:
    """Remove the files of mails whose rows went with whom they were to or about."""
    actor = Actor.system(context.database, event.organization_id)
    folder, sender = context.settings.outbox_folder, await mail_sender(actor)
    put = await asyncio.to_thread(mails_in, folder, sender.slug)
    gone = set(put) - await known_mails(actor, put)
    await asyncio.to_thread(remove_mails, folder, gone)
