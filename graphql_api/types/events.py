"""The log as clients see it: one type for each fact, all of them Events. Those of tickets are here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import strawberry

from graphql_api.reading.event_log import EVENT_NODES
from graphql_api.reading.reads import column, each_of, to_one
from graphql_api.types import enums as enums
from graphql_api.types.categories import CategoryType
from graphql_api.types.content_events import CONTENT_EVENT_TYPES
from graphql_api.types.dead_letters import REACTION_EVENT_TYPES
from graphql_api.types.event import EventType
from graphql_api.types.member_events import MEMBER_EVENT_TYPES
from graphql_api.types.organizations import UserType
from graphql_api.types.satisfaction_events import SATISFACTION_EVENT_TYPES
from graphql_api.types.service_level_events import SERVICE_LEVEL_EVENT_TYPES
from graphql_api.types.tags import TagType
from graphql_api.types.tickets import MailType, MessageType, SuggestionType, TicketType
from models import events as facts
from models.assistance import SuggestionStatus
from models.events import TicketField
from models.fact import Fact
from models.lifecycle import TicketPriority, TicketStatus
from models.mail import MailKind, MailReason


@strawberry.type(name="TicketCreated", description="A ticket was created.")
class TicketCreatedType(EventType):
    """facts.TicketCreated"""

    priority: TicketPriority = column("priority", "Its priority when it was created.", enum=TicketPriority)
    follow_up_of: TicketType | None = to_one(
        lambda: TicketType, "follow_up_of_id", "The closed ticket that it follows up."
    )


@strawberry.type(
    name="TicketStatusChanged",
    description="A ticket's status changed to OPEN, PENDING, IN_PROGRESS or WAITING_ON_CUSTOMER, other than by "
    "reopening.",
)
class TicketStatusChangedType(EventType):
    """facts.TicketStatusChanged"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)
    status: TicketStatus = column("status", "The new status.", enum=TicketStatus)


@strawberry.type(name="TicketResolved", description="A ticket was resolved.")
class TicketResolvedType(EventType):
    """facts.TicketResolved"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketClosed", description="A ticket was closed.")
class TicketClosedType(EventType):
    """facts.TicketClosed"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketReopened", description="A resolved or closed ticket was reopened.")
class TicketReopenedType(EventType):
    """facts.TicketReopened"""

    previous: TicketStatus = column("previous", "The previous status.", enum=TicketStatus)


@strawberry.type(name="TicketAssigned", description="A ticket was assigned or unassigned.")
class TicketAssignedType(EventType):
    """facts.TicketAssigned"""

    assignee: UserType | None = to_one(lambda: UserType, "assignee_id", "The new assignee.")
    previous_assignee: UserType | None = to_one(lambda: UserType, "previous_id", "The previous assignee.")


@strawberry.type(name="TicketUpdated", description="A ticket's subject, priority or category changed.")
class TicketUpdatedType(EventType):
    """facts.TicketUpdated"""

    fields: list[TicketField] = column("fields", "Which of them changed. Read a new subject from the ticket.")
    priority: TicketPriority | None = column("priority", "The new priority, if it changed.", enum=TicketPriority)
    previous_priority: TicketPriority | None = column(
        "previous_priority", "The previous priority, if it changed.", enum=TicketPriority
    )
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The new category; null if it did not change or there is none now."
    )
    previous_category: CategoryType | None = to_one(
        lambda: CategoryType,
        "previous_category_id",
        "The previous category; null if it did not change or there was none.",
    )


@strawberry.type(name="TicketSnoozed", description="A pending ticket was snoozed, or no longer is.")
class TicketSnoozedType(EventType):
    """facts.TicketSnoozed"""

    pending_until: datetime | None = column("pending_until", "Until when; null: no longer snoozed.")


@strawberry.type(name="TicketTagged", description="Tags were added to or removed from a ticket.")
class TicketTaggedType(EventType):
    """facts.TicketTagged"""

    added: list[TagType] = each_of(lambda: TagType, "added", "The tags that were added.")
    removed: list[TagType] = each_of(lambda: TagType, "removed", "The tags that were removed.")


@strawberry.type(name="MessageAdded", description="A message or an internal note was added to a ticket.")
class MessageAddedType(EventType):
    """facts.MessageAdded"""

    message: MessageType = to_one(lambda: MessageType, "message_id", "The message.")


@strawberry.type(name="SuggestionRequested", description="An agent requested a draft.")
class SuggestionRequestedType(EventType):
    """facts.SuggestionRequested"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The requested draft.")


@strawberry.type(name="SuggestionReady", description="A draft is finished, or the AI has none.")
class SuggestionReadyType(EventType):
    """facts.SuggestionReady"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")


@strawberry.type(name="SuggestionDecided", description="An agent sent or dismissed a draft.")
class SuggestionDecidedType(EventType):
    """facts.SuggestionDecided"""

    suggestion: SuggestionType = to_one(lambda: SuggestionType, "suggestion_id", "The draft.")
    status: SuggestionStatus = column("status", "The decision.", enum=SuggestionStatus)


@strawberry.type(name="MailFailed", description="A mail about a ticket, or to a member, could not be sent.")
class MailFailedType(EventType):
    """facts.MailFailed"""

    mail: MailType | None = to_one(lambda: MailType, "mail_id", "The mail; null once its recipient is erased.")
    kind: MailKind = column("kind", "What it is about.", enum=MailKind)
    reason: MailReason = column("reason", "Why it could not be sent.", enum=MailReason)


EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.TicketCreated: TicketCreatedType,
    facts.TicketStatusChanged: TicketStatusChangedType,
    facts.TicketResolved: TicketResolvedType,
    facts.TicketClosed: TicketClosedType,
    facts.TicketReopened: TicketReopenedType,
    facts.TicketAssigned: TicketAssignedType,
    facts.TicketUpdated: TicketUpdatedType,
    facts.TicketSnoozed: TicketSnoozedType,
    facts.TicketTagged: TicketTaggedType,
    facts.MessageAdded: MessageAddedType,
    facts.SuggestionRequested: SuggestionRequestedType,
    facts.SuggestionReady: SuggestionReadyType,
    facts.SuggestionDecided: SuggestionDecidedType,
    facts.MailFailed: MailFailedType,
    **SERVICE_LEVEL_EVENT_TYPES,
    **SATISFACTION_EVENT_TYPES,
    **CONTENT_EVENT_TYPES,
    **MEMBER_EVENT_TYPES,
    **REACTION_EVENT_TYPES,
}
EVENT_NODES.update(EVENT_TYPES)
