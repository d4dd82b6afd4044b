"""Closed sets, each value with the sentence that the reference shows."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from models.actors import ActorKind, Role
from models.assistance import ArticleKind, SuggestionStatus
from models.errors import Code
from models.events import TicketField
from models.fact import Change
from models.lifecycle import TicketPriority, TicketStatus
from models.log import Lane, NotificationKind, ReactionStatus
from models.mail import MailKind, MailReason, MailStatus
from models.organizations import MemberChange, TokenChange
from models.preferences import NotificationMail
from models.presence import PresenceState
from models.satisfaction_events import SurveySkip
from models.sla import SlaClockKind, SlaConditionKind, SlaDimension, SlaEscalationAction, SlaReason, SlaState

E = TypeVar("E", bound=StrEnum)


class Weekday(StrEnum):
    """A day of the week, in the order in which calendars keep their hours."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


def described(kind: type[E], description: str, values: Mapping[E, str], name: str | None = None) -> None:
    """Make an enum of the rules known to the schema; every value must be described."""
    strawberry.enum(kind, name=name, description=description)
    definition: StrawberryEnumDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = values[kind(value.value)]


described(
    Role,
    "A person's role in an organization.",
    {
        Role.ADMIN: "Runs the helpdesk: everything that agents may do, and members, tokens and settings.",
        Role.AGENT: "Answers customers.",
        Role.ANALYST: "Reads tickets and reports; changes only what is their own.",
        Role.CUSTOMER: "Opens tickets; sees their own tickets and the public messages on them.",
    },
)
described(
    MemberChange,
    "What happened to a member.",
    {
        MemberChange.INVITED: "Was invited.",
        MemberChange.JOINED: "Accepted the invitation.",
        MemberChange.ROLE_CHANGED: "Got another role.",
        MemberChange.REMOVED: "Left, or was removed.",
        MemberChange.ANONYMIZED: "Lost name and address when they were removed.",
        MemberChange.ERASED: "Was erased, with all that they wrote.",
    },
)
described(
    TokenChange,
    "What happened to an API token.",
    {TokenChange.CREATED: "It was created.", TokenChange.REVOKED: "It was revoked and no longer works."},
)
described(
    ActorKind,
    "What kind of actor wrote a message or caused an event.",
    {
        ActorKind.AGENT: "A member of the organization's staff.",
        ActorKind.CUSTOMER: "A customer.",
        ActorKind.AI: "The AI.",
        ActorKind.SYSTEM: "The helpdesk itself: timers, imports, clean-ups.",
    },
)
described(
    TicketStatus,
    "A ticket's status. Tickets move from OPEN to CLOSED in this order and may skip steps; "
    "`allowedTransitions` has the exact rules.",
    {
        TicketStatus.OPEN: "New or reopened.",
        TicketStatus.PENDING: "Seen, and waiting for something on the organization's side.",
        TicketStatus.IN_PROGRESS: "Being worked on.",
        TicketStatus.WAITING_ON_CUSTOMER: "Waiting for the customer.",
        TicketStatus.RESOLVED: "Answered; may be reopened.",
        TicketStatus.CLOSED: "Finished; may still be reopened.",
    },
)
described(
    TicketPriority,
    "How urgent a ticket is.",
    {
        TicketPriority.LOW: "Can wait.",
        TicketPriority.MEDIUM: "Normal.",
        TicketPriority.HIGH: "Before normal ones.",
        TicketPriority.URGENT: "At once.",
    },
)
described(
    SuggestionStatus,
    "The status of a draft.",
    {
        SuggestionStatus.GENERATING: "Being written; `SuggestionReady` says when it is finished.",
        SuggestionStatus.PENDING: "Waiting for an agent's decision.",
        SuggestionStatus.ACCEPTED: "Sent by an agent unchanged.",
        SuggestionStatus.EDITED: "Edited and sent by an agent.",
        SuggestionStatus.DISMISSED: "Dismissed by an agent.",
        SuggestionStatus.SENT_BY_AI: "Sent by the AI itself.",
        SuggestionStatus.FAILED: "There is no draft; `reason` says why.",
    },
)
described(
    ReactionStatus,
    "The status of a background task.",
    {
        ReactionStatus.DUE: "Waiting or running.",
        ReactionStatus.DONE: "Done, or discarded.",
        ReactionStatus.DEAD: "Failed for good: somebody has to retry or discard it.",
    },
)
described(
    Lane,
    "How urgent a background task is.",
    {
        Lane.PEOPLE: "Somebody waits for it.",
        Lane.NORMAL: "Follows an event soon.",
        Lane.BULK: "May wait until everything else is done.",
    },
)
described(
    ArticleKind,
    "Who may read an article.",
    {
        ArticleKind.HELP_CENTER: "Public: customers may read it.",
        ArticleKind.SNIPPET: "Internal: used for drafts and by staff; customers don't see it.",
    },
)
described(
    TicketField,
    "The fields of a ticket that `TicketUpdated` tells of.",
    {
        TicketField.SUBJECT: "The subject.",
        TicketField.PRIORITY: "The priority.",
        TicketField.CATEGORY: "The category.",
    },
)
described(
    Change,
    "What happened to something.",
    {
        Change.CREATED: "It was created.",
        Change.UPDATED: "It was changed.",
        Change.DELETED: "It was deleted.",
    },
)
described(
    SlaState,
    "The state of a service-level clock. MET, MET_LATE and BREACHED are judged; the others are not yet.",
    {
        SlaState.MET: "Met in time.",
        SlaState.MET_LATE: "Met, but after it was breached.",
        SlaState.BREACHED: "Not met, and late.",
        SlaState.RUNNING: "Not met yet, with a known due time.",
        SlaState.PAUSED: "Paused: waiting on the customer, or the ticket is resolved or closed.",
        SlaState.NEVER: "Not met, and never due: its calendar has too few hours left.",
    },
)
described(
    SlaReason,
    "Why a stretch of a clock's time counted or did not.",
    {
        SlaReason.OPEN_HOURS: "Opening hours: this counted.",
        SlaReason.CLOSED_HOURS: "Outside opening hours.",
        SlaReason.HOLIDAY: "A holiday.",
        SlaReason.PAUSED: "The ticket was in a status in which the clock pauses.",
        SlaReason.RESOLVED: "The ticket was resolved.",
        SlaReason.CLOSED: "The ticket was closed.",
    },
)
described(
    SlaClockKind,
    "What a service-level clock waits for.",
    {
        SlaClockKind.FIRST_RESPONSE: "The first public response.",
        SlaClockKind.NEXT_RESPONSE: "A response to what the customer has written since the last one.",
        SlaClockKind.RESOLUTION: "The resolution.",
    },
)
described(
    SlaDimension,
    "By what clocks are grouped.",
    {
        SlaDimension.DAY: "The day, in the organization's time zone.",
        SlaDimension.WEEK: "The week, from Monday on.",
        SlaDimension.MONTH: "The month.",
        SlaDimension.KIND: "What the clock waits for.",
        SlaDimension.PRIORITY: "The ticket's priority; for a met clock, the priority at that time.",
        SlaDimension.POLICY: "The policy, all its versions together.",
        SlaDimension.AGENT: "The agent who met it, else the assignee when it was met or breached; for open clocks, the "
        "present assignee.",
    },
)
described(
    SlaConditionKind,
    "What a policy's condition compares.",
    {
        SlaConditionKind.TAG: "The ticket's tags.",
        SlaConditionKind.CATEGORY: "The ticket's category.",
        SlaConditionKind.REQUESTER_DOMAIN: "The domain of the requester's e-mail address.",
    },
)
described(
    SlaEscalationAction,
    "What an escalation step does.",
    {
        SlaEscalationAction.RAISE_PRIORITY: "Raise the ticket to at least the step's priority.",
        SlaEscalationAction.REASSIGN: "Assign the ticket to the step's member.",
        SlaEscalationAction.NOTIFY_ADMINS: "Notify the organization's admins.",
    },
)
described(
    NotificationKind,
    "What a notification is about.",
    {
        NotificationKind.TICKET_ASSIGNED: "A ticket was assigned to you.",
        NotificationKind.CUSTOMER_REPLY: "A customer wrote on a ticket of yours, or on an unassigned one.",
        NotificationKind.MENTION: "A colleague mentioned you with an @ in a message or an internal note.",
        NotificationKind.SLA_WARNING: "A service-level clock is about to run out.",
        NotificationKind.SLA_BREACHED: "A service-level clock has run out.",
        NotificationKind.SLA_ESCALATED: "An escalation notifies the admins.",
    },
)
described(
    NotificationMail,
    "Whether and when somebody gets mail about a kind of notification.",
    {
        NotificationMail.IMMEDIATE: "At once, one mail each.",
        NotificationMail.DIGEST: "One daily mail about everything unread, at 08:00 in the organization's time zone.",
        NotificationMail.NONE: "No mail.",
    },
)
described(
    SurveySkip,
    "Why no survey about a resolution is sent.",
    {
        SurveySkip.DISABLED: "The organization has turned surveys off.",
        SurveySkip.REOPENED: "The ticket was reopened before the survey was due.",
        SurveySkip.ALREADY_RATED: "The requester had already rated it.",
        SurveySkip.REQUESTER_IS_STAFF: "The requester is staff, not a customer.",
        SurveySkip.REQUESTER_GONE: "The requester was removed or erased.",
        SurveySkip.TOO_MUCH_MAIL: "The requester had got too much mail about the ticket within an hour.",
    },
)
described(
    MailKind,
    "What a mail is about.",
    {
        MailKind.TICKET_CONFIRMATION: "To the requester: the ticket has arrived.",
        MailKind.AGENT_REPLY: "To the requester: an agent or the AI has answered.",
        MailKind.TICKET_RESOLVED: "To the requester: the ticket is resolved.",
        MailKind.SATISFACTION_SURVEY: "To the requester: a survey about the resolution.",
        MailKind.TICKET_ASSIGNED: "To the new assignee.",
        MailKind.CUSTOMER_REPLY: "To the assignee, else the team: the customer has written.",
        MailKind.MENTION: "To a member whom a colleague has mentioned.",
        MailKind.SLA_WARNING: "To the assignee, else the team: a service-level clock is about to run out.",
        MailKind.SLA_BREACHED: "To the assignee, else the team: a service-level clock has run out.",
        MailKind.SLA_ESCALATED: "To the admins: an escalation notifies them.",
        MailKind.DIGEST: "To a member: the daily digest of unread notifications.",
    },
)
described(
    MailStatus,
    "The status of a mail.",
    {
        MailStatus.QUEUED: "To be sent, or to be retried.",
        MailStatus.SENT: "Accepted by the mail server, or put into the outbox.",
        MailStatus.FAILED: "Not accepted; `reason` and `reply` say why. `retryDeadLetter` sends it again.",
        MailStatus.SUPPRESSED: "Not sent; `reason` says why.",
    },
)
described(
    MailReason,
    "Why a mail failed, or is not sent.",
    {
        MailReason.REFUSED: "The mail server refused it for good.",
        MailReason.GAVE_UP: "The mail server accepted it at none of thirteen tries.",
        MailReason.NO_ADDRESS: "The recipient has no address any more, or an invalid one.",
        MailReason.LOOP: "Too many mails within an hour: two machines may be answering each other.",
    },
)
described(
    Weekday,
    "A day of the week.",
    {day: f"{day.value.title()}." for day in Weekday},
)
described(
    PresenceState,
    "What somebody is doing at a ticket.",
    {
        PresenceState.VIEWING: "Has it open.",
        PresenceState.TYPING: "Is writing on it. Becomes VIEWING 6 seconds after it was last sent.",
        PresenceState.LEFT: "Has left it.",
    },
)
described(
    Code,
    "What went wrong, for programs. Branch on this, show the message.",
    {
        Code.NOT_FOUND: "It does not exist, or you may not see it.",
        Code.NOT_ALLOWED: "Your role does not allow this, or your credentials are wrong.",
        Code.INVALID_INPUT: "An argument is invalid; `path` says which.",
        Code.TRANSITION_NOT_ALLOWED: "The ticket's life cycle does not allow this step.",
        Code.CONFLICT: "Somebody else changed it meanwhile: read it again, then decide.",
        Code.ALREADY_DECIDED: "The draft was already decided, or the rating can't be changed any more.",
        Code.QUOTA_EXCEEDED: "The organization's quota for this month is used up.",
        Code.IDEMPOTENCY_MISMATCH: "The idempotency key was used for another request.",
        Code.RATE_LIMITED: "Too many requests; the message and the header `Retry-After` say when to try again.",
        Code.UNAVAILABLE: "A part that this needs can't be reached; try again later.",
        Code.TIMEOUT: "It took too long and was cancelled before anything was changed; try again later.",
    },
    name="ProblemCode",
)
