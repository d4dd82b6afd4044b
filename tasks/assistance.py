"""Reactions of the AI: drafts an answer to a new ticket, and wherever an agent asks for one."""

from __future__ import annotations

from uuid import UUID

from models.actors import Actor
from models.events import SuggestionRequested
from models.fields import new_id
from models.lifecycle import TicketStatus
from models.recorded import RecordedEvent
from rag.chat import Told
from rag.replies import SuggestedReply
from rag.suggestion import suggest_reply
from resolvers.questions import Question, ticket_question
from resolvers.suggestions import record_suggestion
from tasks.context import TaskContext

# Elsewhere the ball is the customer's, or the matter is settled.
AWAITING_ANSWER = frozenset({TicketStatus.OPEN, TicketStatus.PENDING, TicketStatus.IN_PROGRESS})


async def triage(context: TaskContext, event: RecordedEvent) -> None:
    """Draft an answer to a new ticket, unless the organization wants no drafts or somebody was quicker."""
    actor, ticket_id = _ai(context, event)
    question = await ticket_question(actor, ticket_id)
    if question.suggestions_enabled and question.status in AWAITING_ANSWER:
        suggestion_id = new_id()
        with context.drafts.writing(ticket_id, suggestion_id) as told:
            drafted = await _draft(context, event, question, told)
            if drafted:
                await record_suggestion(actor, ticket_id, drafted, event.id, suggestion_id=suggestion_id)


async def draft(context: TaskContext, event: RecordedEvent) -> None:
    """Write the draft that an agent waits for, or say that there is none."""
    actor, ticket_id = _ai(context, event)
    if not isinstance(event.fact, SuggestionRequested):
        raise LookupError(f"event {event.id} asks for no draft")
    question = await ticket_question(actor, ticket_id)
    with context.drafts.writing(ticket_id, event.fact.suggestion_id) as told:
        drafted = await _draft(context, event, question, told) if question.suggestions_enabled else None
        await record_suggestion(actor, ticket_id, drafted, event.id)


async def give_up_draft(context: TaskContext, event: RecordedEvent) -> None:
    """Tell the agent who waits for a draft that there will be none."""
    actor, ticket_id = _ai(context, event)
    await record_suggestion(actor, ticket_id, None, event.id, otherwise="It could not be written. Ask for another.")


def _ai(context: TaskContext, event: RecordedEvent) -> tuple[Actor, UUID]:
    if event.ticket_id is None:
        raise LookupError(f"event {event.id} is about no ticket")
    return Actor.ai(context.database, event.organization_id), event.ticket_id


async def _draft(context: TaskContext, event: RecordedEvent, question: Question, told: Told) -> SuggestedReply | None:
    """What the help centre answers, None where it has nothing to say. Takes its time; no transaction is open."""
    knowledge = context.knowledge
    passages = await knowledge.search(event.organization_id, question.text)
    reply = await suggest_reply(question.text, passages, knowledge.embeddings, context.chat_model, told)
    return reply if reply.text else None
