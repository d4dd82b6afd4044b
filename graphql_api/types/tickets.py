"""Tickets, their threads, and the AI's drafts for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from graphql_api.reading.event_log import events_about
from graphql_api.reading.paging import Connection, Order
from graphql_api.reading.reads import (
    HIDDEN,
    Loaded,
    Node,
    RowType,
    by_settings,
    column,
    list_of,
    loaded,
    to_first,
    to_many,
    to_one,
    values,
)
from graphql_api.types.articles import ArticleType
from graphql_api.types.canned_responses import CannedResponseType
from graphql_api.types.categories import CategoryType
from graphql_api.types.clocks import CLOCKS, SlaClockType
from graphql_api.types.organizations import UserType
from models.actors import Actor, ActorKind, Role
from models.assistance import AiSuggestion, SuggestionSource, SuggestionStatus
from models.database import Fetch
from models.lifecycle import TicketPriority, TicketStatus, allowed_transitions, beyond_reopening
from models.mail import Mail, MailKind, MailReason, MailStatus
from models.tickets import Satisfaction, Ticket, TicketMessage, TicketTag
from rag.markdown import rendered
from rag.passages import Passage

if TYPE_CHECKING:
    from graphql_api.types.event import Event

OLDEST_FIRST = Order("created", ("created_at", "id"))
NEWEST_FIRST = Order("created-desc", ("created_at", "id"), descending=True)

# Types that name each other, by name.
TicketRef = Annotated["TicketType", strawberry.lazy("graphql_api.types.tickets")]
MessageRef = Annotated["MessageType", strawberry.lazy("graphql_api.types.tickets")]
EventRef = Annotated["Event", strawberry.lazy("graphql_api.types.event")]


@strawberry.type(
    name="SuggestionSource",
    description="A passage of an article, as it was when cited or found.",
)
class SuggestionSourceType(RowType):
    """Rows of support_suggestion_source."""

    table = SuggestionSource
    prefix = "src"

    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once deleted.")
    title: str = column("title", "The article's title.")
    heading: str | None = column("heading", "The heading above the passage.")
    excerpt: str = column("excerpt", "The passage.")
    url: str | None = column("url", "Where customers read it.")
    score: float = column("score", "How well it matches the question, 0 to 1.")


def passage_row(passage: Passage) -> dict[str, Any]:
    """A passage that a search found, as the row that a source's type reads."""
    return {
        "article_id": passage.article_id,
        "title": passage.title,
        "heading": passage.heading,
        "excerpt": passage.text,
        "url": passage.url,
        "score": passage.score,
    }


@strawberry.type(name="Suggestion", description="The AI's draft reply, and what an agent did with it.")
class SuggestionType(RowType, Node):
    """Rows of support_ai_suggestion."""

    table = AiSuggestion
    prefix = "sug"

    ticket: TicketRef = to_one(lambda: TicketType, "ticket_id", "The ticket that it answers.")
    status: SuggestionStatus = column("status", "What happened to it.", enum=SuggestionStatus)
    body: str | None = column("body", "The draft, in Markdown; null if there is none.")
    confidence: float | None = column("confidence", "The probability that the draft answers the question, 0 to 1.")
    answerable: bool | None = column("answerable", "Whether the help centre seems to contain an answer.")
    sources: list[SuggestionSourceType] = list_of(
        lambda: SuggestionSourceType,
        "suggestion_id",
        Order("position", ("position",)),
        "The passages that the draft is based on.",
    )
    model: str | None = column("model", "The model that wrote the draft.")
    created_at: datetime = column("created_at", "When it was requested.")
    decided_at: datetime | None = column("decided_at", "When an agent decided on it.")
    decided_by: UserType | None = to_one(lambda: UserType, "decided_by_id", "The agent who decided.")
    sent_body: str | None = column("sent_body", "The text that was sent.")
    edit_distance: float | None = column("edit_distance", "The share of words that the agent changed: 0 none, 1 all.")
    reason: str | None = column("reason", "Why it was dismissed, or why there is no draft.")


async def _rendered(_actor: Actor, _fetch: Fetch, texts: Sequence[str]) -> list[str]:
    return await rendered(texts)


@strawberry.type(name="Message", description="A message or internal note on a ticket.")
class MessageType(RowType, Node):
    """Rows of support_ticket_message."""

    table = TicketMessage
    prefix = "msg"

    ticket: TicketRef = to_one(lambda: TicketType, "ticket_id", "The ticket.")
    author: UserType | None = to_one(
        lambda: UserType, "author_id", "Who wrote it; null for the AI and the helpdesk itself."
    )
    author_kind: ActorKind = column("author_kind", "What kind of author it was.", enum=ActorKind)
    body: str = column("body", "The text, in Markdown.")
    body_html: str = loaded(
        Loaded(("body",), lambda row, _arguments: row["body"], _rendered, lambda _row, html: html, personal=False),
        "The text as HTML that is safe to show: no scripts, no raw HTML.",
        cost="1",
    )
    internal: bool = column("internal", "Whether it is an internal note. Customers never see one.")
    created_at: datetime = column("created_at", "When it was written.")
    canned_response: CannedResponseType | None = to_one(
        lambda: CannedResponseType,
        "canned_response_id",
        "The canned response that was used; null once that is deleted.",
        customer=HIDDEN,
    )
    suggestion: SuggestionType | None = to_one(
        lambda: SuggestionType, "suggestion_id", "The AI's draft that was sent.", customer=HIDDEN
    )


@strawberry.type(name="Satisfaction", description="A customer's rating of a resolution.")
class SatisfactionType(RowType, Node):
    """Rows of support_satisfaction."""

    table = Satisfaction
    prefix = "sat"

    ticket: TicketRef = to_one(lambda: TicketType, "ticket_id", "The ticket.")
    rating: int = column("rating", "From 1 (worst) to 5.")
    comment: str | None = column("comment", "The customer's comment.")
    agent: UserType | None = to_one(
        lambda: UserType, "agent_id", "The agent whose work was rated. Null for customers.", customer=HIDDEN
    )
    created_at: datetime = column("created_at", "When it was given.")
    changed_at: datetime | None = column("changed_at", "When the customer changed it last; null: never.")


@strawberry.type(name="Mail", description="A mail that the helpdesk sent or is about to send. Its text is not stored.")
class MailType(RowType, Node):
    """Rows of support_mail."""

    table = Mail
    prefix = "mai"

    kind: MailKind = column("kind", "What it is about.", enum=MailKind)
    ticket: TicketRef | None = to_one(lambda: TicketType, "ticket_id", "The ticket that it is about; null: none.")
    recipient: UserType = to_one(lambda: UserType, "recipient_id", "The recipient.")
    status: MailStatus = column("status", "Its status.", enum=MailStatus)
    reason: MailReason | None = column("reason", "Why it failed or is not sent; else null.", enum=MailReason)
    reply: str | None = column("reply", "What the mail server said when it last refused the mail, without addresses.")
    attempts: int = column("attempts", "How often sending was tried.")
    message_id: str = column("message_id", "Its Message-ID header.")
    created_at: datetime = column("created_at", "When it was queued.")
    sent_at: datetime | None = column("sent_at", "When the mail server accepted it; null: not yet.")


def _allowed_transitions(row: Mapping[str, Any], actor: Actor) -> list[TicketStatus]:
    if actor.role is Role.ANALYST:
        return []
    allowed = allowed_transitions(actor.mover, TicketStatus(row["status"]))
    if actor.is_customer and beyond_reopening(row["closed_at"], row["reopen_window_days"], actor.database.now()):
        allowed.remove(TicketStatus.OPEN)
    return allowed


@strawberry.type(name="Ticket", description="A customer's request, from the first message to the last.")
class TicketType(RowType, Node):
    """Rows of support_ticket."""

    table = Ticket
    prefix = "tkt"

    number: int = column("number", "The ticket's number in the organization, for people.")
    version: int = column(
        "version",
        "Grows with every change; pass it as `expectedVersion` to change only what you have read.",
        customer="public_version",
    )
    subject: str = column("subject", "What it is about, in one line.")
    status: TicketStatus = column("status", "Its status.", enum=TicketStatus)
    priority: TicketPriority = column("priority", "How urgent it is.", enum=TicketPriority)
    category: CategoryType | None = to_one(lambda: CategoryType, "category_id", "Its category.")
    tags: list[str] = values(TicketTag, "ticket_id", "name", "The tags, sorted. Customers see none.", customer=HIDDEN)
    requester: UserType = to_one(lambda: UserType, "requester_id", "The customer whose ticket it is.")
    assignee: UserType | None = to_one(
        lambda: UserType,
        "assignee_id",
        "The member who works on it. Always null for customers.",
        customer=HIDDEN,
    )
    created_at: datetime = column("created_at", "When it was created.")
    updated_at: datetime = column("updated_at", "When it last changed.", customer="public_updated_at")
    first_responded_at: datetime | None = column("first_responded_at", "When an agent first replied publicly.")
    resolved_at: datetime | None = column("resolved_at", "When it was resolved; null again once reopened.")
    closed_at: datetime | None = column("closed_at", "When it was closed; null again once reopened.")
    pending_until: datetime | None = column(
        "pending_until",
        "Until when it is snoozed: it is open again from then on. Null for customers.",
        customer=HIDDEN,
    )
    reopen_count: int = column("reopen_count", "How often it was reopened.")
    ai_resolved: bool = column("ai_resolved", "Whether the AI ever resolved it; stays true once reopened.")
    ai_triaged: bool = column("ai_triaged", "Whether the AI classified it. The AI does not classify tickets yet.")
    follow_up_of: TicketRef | None = to_one(
        lambda: TicketType, "follow_up_of_id", "The closed ticket that it follows up."
    )
    allowed_transitions: list[TicketStatus] = by_settings(
        _allowed_transitions,
        ["status", "closed_at"],
        ["reopen_window_days"],
        "The statuses that you may give it now. For customers, OPEN is among them only within the "
        "organization's reopen window.",
    )
    messages: Connection[MessageRef] = to_many(
        lambda: MessageType, "ticket_id", OLDEST_FIRST, "The messages, oldest first; `last: 1` is the newest."
    )
    message_count: int = column(
        "message_count",
        "How many messages and notes it has; for customers, public messages only.",
        customer="public_message_count",
    )
    last_message: MessageRef | None = to_one(
        lambda: MessageType,
        "last_message_id",
        "The newest message; for customers, the newest public one.",
        customer="last_public_message_id",
    )
    suggestions: Connection[SuggestionType] = to_many(
        lambda: SuggestionType,
        "ticket_id",
        NEWEST_FIRST,
        "The AI's drafts, newest first. Customers see none.",
        customer=HIDDEN,
    )
    satisfaction: SatisfactionType | None = to_first(
        lambda: SatisfactionType, "ticket_id", NEWEST_FIRST, "The newest rating of its resolution."
    )
    sla: list[SlaClockType] = CLOCKS
    mails: Connection[MailType] = to_many(
        lambda: MailType,
        "ticket_id",
        NEWEST_FIRST,
        "Mail about it that the helpdesk sent or could not send, newest first. Customers see none.",
        customer=HIDDEN,
    )
    events: Connection[EventRef] = events_about(
        "ticket_id",
        "Its events, oldest first, as far as you may see them. Customers see no trace of the others.",
    )
