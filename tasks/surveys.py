"""The reaction that asks requesters how they liked a resolution."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.actors import Actor
from models.links import Link
from models.mail import MailKind
from models.recorded import RecordedEvent
from resolvers.asking import Resolution, is_being_told, record_survey, survey_due
from resolvers.correspondence import correspondence
from tasks.context import TaskContext
from tasks.mail.delivery import deliver
from tasks.mail.letters import satisfaction_survey

# How long a survey is answered.
OPEN_FOR = timedelta(days=30)
# An organization that asks without a delay asks in the mail that tells of the resolution. Where there was none, or it
# is late, there is one of its own.
ALONE_AFTER = timedelta(minutes=1)


async def survey(context: TaskContext, event: RecordedEvent) -> datetime | None:
    """Ask when it is time, unless the ticket has come back by then; the log says that it was done, or why not."""
    actor = Actor.system(context.database, event.organization_id)
    resolution = Resolution.of(event)
    due = await survey_due(actor, resolution)
    if due is None:
        return None
    due = max(due, resolution.at + ALONE_AFTER)
    now = context.database.now()
    if due > now:
        return due
    # Whatever it says, it says it first: its worker may have died between the mail and its record.
    if await is_being_told(actor, resolution):
        return now + ALONE_AFTER
    ticket = await correspondence(actor, resolution.ticket_id)
    await deliver(context, event, [satisfaction_survey(ticket, survey_address(context, event, due))])
    await record_survey(actor, resolution, MailKind.SATISFACTION_SURVEY)
    return None


def survey_address(context: TaskContext, event: RecordedEvent, due: datetime) -> str:
    """Where the requester, asked at `due`, rates a resolution: the same however often the mail is made."""
    ticket_id = Resolution.of(event).ticket_id
    return context.links.address(Link.to_rate(event.organization_id, ticket_id, event.id, due + OPEN_FOR))
