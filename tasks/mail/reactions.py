"""Reactions that write to requesters about their tickets."""

from __future__ import annotations

from datetime import timedelta

from models.actors import Actor, ActorKind
from models.events import MessageAdded
from models.links import Link
from models.mail import MailKind
from models.recorded import RecordedEvent
from rag.markdown import rendered
from resolvers.asking import Resolution, record_survey, survey_due
from resolvers.correspondence import correspondence, reply_told, resolution_told
from resolvers.mail import give_up_mails
from tasks.context import TaskContext
from tasks.mail import letters
from tasks.mail.delivery import deliver
from tasks.mail.letters import Answer
from tasks.surveys import survey_address

# How long a link to reopen a ticket opens a page; the organization's window says what can be done there.
REOPENED_WITHIN = timedelta(days=90)


def is_answer(event: RecordedEvent) -> bool:
    """Whether a message may be one that the requester has to be told of."""
    fact = event.fact
    # What the system keeps (an automatic mail) is nobody's answer.
    return isinstance(fact, MessageAdded) and not fact.internal and fact.author_kind in {ActorKind.AGENT, ActorKind.AI}


def is_news_to_requester(event: RecordedEvent) -> bool:
    """Whether somebody else than the requester did this."""
    return event.actor_kind is not ActorKind.CUSTOMER


async def mail_of_ticket(context: TaskContext, event: RecordedEvent) -> None:
    """Tell whoever has asked that the ticket has arrived."""
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    actor = Actor.system(context.database, event.organization_id)
    await deliver(context, event, [letters.ticket_confirmation(await correspondence(actor, event.ticket_id))])


async def mail_of_reply(context: TaskContext, event: RecordedEvent) -> None:
    """Send an agent's or the AI's answer to whoever has asked."""
    told = await reply_told(Actor.system(context.database, event.organization_id), event)
    answer = await _answer(told.answer if told else None)
    if told and answer:
        await deliver(context, event, [letters.agent_reply(told.ticket, answer)])


async def mail_of_resolution(context: TaskContext, event: RecordedEvent) -> None:
    """Tell whoever has asked that the ticket is resolved, together with the answer that resolved it."""
    actor = Actor.system(context.database, event.organization_id)
    told = await resolution_told(actor, event)
    ticket = told.ticket
    expires_at = event.occurred_at + REOPENED_WITHIN
    link = Link.to_reopen(event.organization_id, ticket.ticket_id, event.id, expires_at)
    answer = await _answer(told.answer)
    resolution = Resolution.of(event)
    due = await survey_due(actor, resolution)
    survey_url = survey_address(context, event, due) if due and due <= context.database.now() else None
    letter = letters.ticket_resolved(ticket, answer, context.links.address(link), survey_url)
    await deliver(context, event, [letter])
    if survey_url:
        await record_survey(actor, resolution, MailKind.TICKET_RESOLVED)


async def give_up_mail(context: TaskContext, event: RecordedEvent) -> None:
    """Say on the ticket that its mail could not be sent."""
    await give_up_mails(Actor.system(context.database, event.organization_id), event.id)


async def _answer(text: str | None) -> Answer | None:
    return Answer(text, (await rendered([text]))[0]) if text else None
