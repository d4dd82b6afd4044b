"""The reaction that asks requesters how they liked a resolution."""

from __future__ import annotations

from datetime import datetime, timedelta

from models.actors import Actor
from models.links import Link, Links
from models.mail import MailKind
from models.recorded import RecordedEvent
from resolvers.asking import Resolution, record_survey, survey_due
from resolvers.mail import Correspondence, correspondence
from tasks.context import TaskContext
from tasks.mail.delivery import deliver
from tasks.mail.letters import Letter, about, locale_of
from tasks.mail.templates import words

# How long a survey is answered.
OPEN_FOR = timedelta(days=30)


async def survey(context: TaskContext, event: RecordedEvent) -> datetime | None:
    """Ask when it is time, unless the ticket has come back by then; the log says that it was done, or why not."""
    actor = Actor.system(context.database, event.organization_id)
    resolution = Resolution.of(event)
    due = await survey_due(actor, resolution)
    if due is None or due > context.database.now():
        return due
    ticket = await correspondence(actor, resolution.ticket_id)
    link = Link.to_rate(event.organization_id, resolution.ticket_id, event.id, due + OPEN_FOR)
    await deliver(context, event, [survey_letter(ticket, context.links, link)])
    await record_survey(actor, resolution)
    return None


def survey_letter(ticket: Correspondence, links: Links, link: Link) -> Letter:
    """To the requester: five answers, each a link. Opening one says nothing yet, for scanners open all of them."""
    address = links.address(link)
    scale = words(locale_of(ticket.sender))[MailKind.SATISFACTION_SURVEY]["scale"]
    answers = [
        {"rating": rating, "answer": answer, "url": f"{address}?rating={rating}"}
        for rating, answer in enumerate(scale, 1)
    ]
    return about(MailKind.SATISFACTION_SURVEY, ticket, {"answers": answers})
