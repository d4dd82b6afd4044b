"""The AI's drafts: asked for, recorded, and what agents make of them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from rapidfuzz.distance import Levenshtein

from models.actors import Actor, ActorKind
from models.assistance import AiSuggestion, SuggestionSource, SuggestionStatus
from models.errors import AlreadyDecided, InvalidInput, NotFound
from models.events import SuggestionDecided, SuggestionReady, SuggestionRequested
from models.fields import new_id
from models.rows import load, new, select
from models.tickets import BODY_LIMIT, Ticket, TicketMessage
from models.writer import Write, organization_write
from rag.replies import SuggestedReply
from resolvers import inputs
from resolvers.access import Parameters, access, access_ticket, look_up, operation
from resolvers.thread import reply

REASON_LIMIT = 1_000


@operation
async def suggest_reply(actor: Actor, ticket_id: UUID | None) -> UUID:
    """Ask for a draft. It is written by a task: SuggestionReady says when it is there."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        suggestion = _new_suggestion(write, ticket, SuggestionStatus.GENERATING)
        suggestion.event_id = write.record(SuggestionRequested(suggestion_id=suggestion.id), ticket)
    return suggestion.id


@operation
async def record_suggestion(
    actor: Actor,
    ticket_id: UUID,
    drafted: SuggestedReply | None,
    event_id: UUID,
    otherwise: str = "The help centre has no answer to this.",
    suggestion_id: UUID | None = None,
) -> UUID | None:
    """Keep the AI's draft that answers the event, once however often it is called; None or no text is no answer.

    `otherwise` tells whoever has asked why there is none. What had failed may still be drafted by another attempt.
    A draft that nobody has asked for is known as `suggestion_id` while it is written, and so is its row.
    """
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, ticket_id)
        suggestion = await _of_event(write, event_id)
        if suggestion and suggestion.status not in {SuggestionStatus.GENERATING, SuggestionStatus.FAILED}:
            return suggestion.id
        if drafted is None or not drafted.text.strip():
            if suggestion and suggestion.status is SuggestionStatus.GENERATING:
                write.update(suggestion, status=SuggestionStatus.FAILED, reason=otherwise)
                write.record(SuggestionReady(suggestion_id=suggestion.id), ticket)
            return suggestion.id if suggestion else None
        suggestion = suggestion or _new_suggestion(write, ticket, SuggestionStatus.PENDING, event_id, suggestion_id)
        _fill(write, suggestion, drafted)
        write.record(SuggestionReady(suggestion_id=suggestion.id), ticket)
    return suggestion.id


def _new_suggestion(
    write: Write,
    ticket: Ticket,
    status: SuggestionStatus,
    event_id: UUID | None = None,
    suggestion_id: UUID | None = None,
) -> AiSuggestion:
    suggestion = new(
        AiSuggestion,
        id=suggestion_id or new_id(),
        organization_id=ticket.organization_id,
        ticket_id=ticket.id,
        status=status,
        event_id=event_id,
        created_at=write.now,
    )
    write.insert(suggestion)
    return suggestion


async def newest_suggestion(actor: Actor, ticket_id: UUID) -> AiSuggestion | None:
    """The newest draft for a ticket that the actor sees, in whatever state."""
    parameters = Parameters(actor)
    row = await actor.database.fetchrow(
        f"{select(AiSuggestion)} WHERE t.ticket_id = {parameters.bind(ticket_id)}"
        f" AND {parameters.scope(AiSuggestion)} ORDER BY t.created_at DESC, t.id DESC LIMIT 1",
        *parameters.values,
    )
    return load(AiSuggestion, row) if row else None


async def _of_event(write: Write, event_id: UUID) -> AiSuggestion | None:
    row = await write.connection.fetchrow(f"{select(AiSuggestion)} WHERE t.event_id = $1", event_id)
    return load(AiSuggestion, row) if row else None


def _fill(write: Write, suggestion: AiSuggestion, drafted: SuggestedReply) -> None:
    write.update(
        suggestion,
        status=SuggestionStatus.PENDING,
        reason=None,
        body=drafted.text,
        confidence=drafted.confidence,
        answerable=drafted.answerable,
        model=drafted.model,
    )
    for position, source in enumerate(drafted.sources):
        write.insert(
            new(
                SuggestionSource,
                organization_id=suggestion.organization_id,
                suggestion_id=suggestion.id,
                position=position,
                article_id=source.article_id,
                title=source.title,
                heading=source.heading,
                excerpt=source.excerpt,
                url=source.url,
                score=source.score,
            )
        )


@operation
async def accept_suggestion(actor: Actor, suggestion_id: UUID | None) -> UUID:
    """Send a draft as it is; returns the message's id."""
    async with organization_write(actor) as write:
        suggestion, ticket = await _undecided(write, suggestion_id)
        return send_draft(write, ticket, suggestion, suggestion.body or "").id


@operation
async def edit_suggestion(actor: Actor, suggestion_id: UUID | None, body: str) -> UUID:
    """Send a draft in the agent's own words; how far they are from the draft's is kept. Returns the message's id."""
    sent = inputs.text(body, "body", BODY_LIMIT)
    async with organization_write(actor) as write:
        suggestion, ticket = await _undecided(write, suggestion_id)
        return send_draft(write, ticket, suggestion, sent).id


@operation
async def dismiss_suggestion(actor: Actor, suggestion_id: UUID | None, reason: str | None = None) -> UUID:
    """Put a draft aside; the reason is kept."""
    kept = inputs.text(reason, "reason", REASON_LIMIT) if reason else None
    async with organization_write(actor) as write:
        suggestion, ticket = await _undecided(write, suggestion_id)
        _decide(write, suggestion, ticket, SuggestionStatus.DISMISSED, reason=kept)
    return suggestion.id


async def _undecided(write: Write, suggestion_id: UUID | None) -> tuple[AiSuggestion, Ticket]:
    """The suggestion and its ticket, whose lock covers both: everybody who changes either takes it first."""
    ticket_id = (await look_up(write, AiSuggestion, suggestion_id)).ticket_id
    ticket = await access_ticket(write, ticket_id)
    return await undecided_draft(write, ticket, suggestion_id), ticket


async def undecided_draft(
    write: Write, ticket: Ticket, suggestion_id: UUID | None, path: Iterable[str] = ()
) -> AiSuggestion:
    """A draft for a locked ticket that nobody has decided on."""
    suggestion = await access(write, AiSuggestion, suggestion_id, path)
    if suggestion.ticket_id != ticket.id:
        raise NotFound("suggestion", path)
    if suggestion.status in {SuggestionStatus.GENERATING, SuggestionStatus.FAILED}:
        raise InvalidInput("There is no draft yet: wait for it, or ask for another.", ["suggestion_id"])
    if suggestion.status is not SuggestionStatus.PENDING:
        raise AlreadyDecided(f"This draft was {suggestion.status.value.replace('_', ' ')} before.")
    return suggestion


def send_draft(write: Write, ticket: Ticket, suggestion: AiSuggestion, body: str) -> TicketMessage:
    """Send a draft as a reply, in its own words or in the agent's, and record the decision."""
    message = reply(write, ticket, body, suggestion_id=suggestion.id)
    unchanged = body == suggestion.body
    _decide(
        write,
        suggestion,
        ticket,
        SuggestionStatus.ACCEPTED if unchanged else SuggestionStatus.EDITED,
        sent_body=body,
        # In words, not letters: linear enough for the longest message, and what an agent would call a change.
        edit_distance=Levenshtein.normalized_distance((suggestion.body or "").split(), body.split()),
    )
    return message


def _decide(write: Write, suggestion: AiSuggestion, ticket: Ticket, status: SuggestionStatus, **kept: object) -> None:
    decided_by = write.actor.user_id if write.actor.kind is ActorKind.AGENT else None
    write.update(suggestion, status=status, decided_at=write.now, decided_by_id=decided_by, **kept)
    write.record(SuggestionDecided(suggestion_id=suggestion.id, status=status), ticket)
