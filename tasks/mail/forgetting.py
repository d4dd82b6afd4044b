"""The reaction that takes back what lies in the outbox of somebody who is nobody any more."""

from __future__ import annotations

from models.actors import Actor
from models.events import MemberChanged
from models.organizations import MemberChange
from models.recorded import RecordedEvent
from resolvers.mail import mail_sender, mails_to_forget
from tasks.context import TaskContext
from tasks.mail.outbox import Outbox


def makes_nobody(event: RecordedEvent) -> bool:
    """Whether a member lost name and address."""
    fact = event.fact
    return isinstance(fact, MemberChanged) and fact.change in {MemberChange.ERASED, MemberChange.ANONYMIZED}


async def forget_mail(context: TaskContext, event: RecordedEvent) -> None:
    """Remove what was written to them and, where they were erased, what quotes their tickets."""
    fact = event.fact
    if not isinstance(fact, MemberChanged):
        raise LookupError(f"event {event.id} is no change of a member")
    actor = Actor.system(context.database, event.organization_id)
    forgotten = await mails_to_forget(actor, fact.member_id, erased=fact.change is MemberChange.ERASED)
    outbox = Outbox(context.settings.outbox_folder)
    await outbox.remove((await mail_sender(actor)).slug, forgotten)
