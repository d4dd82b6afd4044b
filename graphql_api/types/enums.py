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
    "What a person is in an organization.",
    {
        Role.ADMIN: "Runs the helpdesk: everything that agents do, and members, tokens and settings.",
        Role.AGENT: "Answers customers.",
        Role.ANALYST: "Reads tickets and analytics, changes nothing.",
        Role.CUSTOMER: "Has problems: sees their own tickets and what was said to them.",
    },
)
described(
    MemberChange,
    "What became of a member.",
    {
        MemberChange.INVITED: "Got an invitation.",
        MemberChange.JOINED: "Accepted it.",
        MemberChange.ROLE_CHANGED: "Got another role.",
        MemberChange.REMOVED: "Left, or was removed.",
        MemberChange.ANONYMIZED: "Lost name and address when they were removed.",
        MemberChange.ERASED: "Was erased, with all that they wrote.",
    },
)
described(
    TokenChange,
    "What became of an API token.",
    {TokenChange.CREATED: "Was made.", TokenChange.REVOKED: "Was revoked: it opens nothing any more."},
)
described(
    ActorKind,
    "Who wrote a message or caused an event.",
    {
        ActorKind.AGENT: "A member of the organization's staff.",
        ActorKind.CUSTOMER: "A customer.",
        ActorKind.AI: "The organization's AI.",
        ActorKind.SYSTEM: "The helpdesk itself: timers, imports, clean-ups.",
    },
)
described(
    TicketStatus,
    "Where a ticket stands. The main road leads from OPEN to CLOSED in this order; forward jumps are allowed.",
    {
        TicketStatus.OPEN: "New, or back again.",
        TicketStatus.PENDING: "Seen, waiting for something on our side.",
        TicketStatus.IN_PROGRESS: "Being worked on.",
        TicketStatus.WAITING_ON_CUSTOMER: "The ball is the customer's.",
        TicketStatus.RESOLVED: "Answered; may come back.",
        TicketStatus.CLOSED: "Filed.",
    },
)
described(
    TicketPriority,
    "How urgent a ticket is.",
    {
        TicketPriority.LOW: "Can wait.",
        TicketPriority.MEDIUM: "The usual.",
        TicketPriority.HIGH: "Before the usual.",
        TicketPriority.URGENT: "Now.",
    },
)
described(
    SuggestionStatus,
    "What became of the AI's draft.",
    {
        SuggestionStatus.GENERATING: "Being written; SuggestionReady says when it is there.",
        SuggestionStatus.PENDING: "Waits for an agent's decision.",
        SuggestionStatus.ACCEPTED: "Sent by an agent as it was.",
        SuggestionStatus.EDITED: "Sent by an agent in other words.",
        SuggestionStatus.DISMISSED: "Put aside by an agent.",
        SuggestionStatus.SENT_BY_AI: "Sent by the AI itself.",
        SuggestionStatus.FAILED: "There is none; `reason` says why.",
    },
)
described(
    ReactionStatus,
    "Where something stands that follows an event.",
    {
        ReactionStatus.DUE: "Is to be done, or being done.",
        ReactionStatus.DONE: "Is done, or was discarded.",
        ReactionStatus.DEAD: "Has failed for good, and waits for somebody to retry or discard it.",
    },
)
described(
    Lane,
    "How urgent something is that follows an event.",
    {
        Lane.PEOPLE: "Somebody waits for it.",
        Lane.NORMAL: "Follows what happened, soon.",
        Lane.BULK: "May take until all else is done.",
    },
)
described(
    ArticleKind,
    "Who an article is for.",
    {
        ArticleKind.HELP_CENTER: "Public: customers may read it.",
        ArticleKind.SNIPPET: "The organization's own, for answers only.",
    },
)
described(
    TicketField,
    "What of a ticket's own fields can change.",
    {
        TicketField.SUBJECT: "The subject.",
        TicketField.PRIORITY: "The priority.",
        TicketField.CATEGORY: "The category.",
    },
)
described(
    Change,
    "What became of something that people keep.",
    {
        Change.CREATED: "It is new.",
        Change.UPDATED: "It is not what it was.",
        Change.DELETED: "It is gone.",
    },
)
described(
    SlaState,
    "Where a clock stands. MET, MET_LATE and BREACHED are judged; the others have still to show.",
    {
        SlaState.MET: "Met in time.",
        SlaState.MET_LATE: "Met, but after it was breached.",
        SlaState.BREACHED: "Not met, and too late to be met in time.",
        SlaState.RUNNING: "Not met yet, and known when it is due.",
        SlaState.PAUSED: "Standing still: the ball is the customer's, or the ticket is resolved or closed.",
        SlaState.NEVER: "Not met, and never due: its calendar has not enough hours left.",
    },
)
described(
    SlaReason,
    "Why a stretch of a clock's time counted, or did not.",
    {
        SlaReason.OPEN_HOURS: "It was open: this counted.",
        SlaReason.CLOSED_HOURS: "It was closed.",
        SlaReason.HOLIDAY: "It was closed for a holiday.",
        SlaReason.PAUSED: "The ticket was in a status in which the clock stands still.",
        SlaReason.RESOLVED: "The ticket was resolved.",
        SlaReason.CLOSED: "The ticket was closed.",
    },
)
described(
    SlaClockKind,
    "What a clock of a ticket waits for.",
    {
        SlaClockKind.FIRST_RESPONSE: "The first public answer.",
        SlaClockKind.NEXT_RESPONSE: "An answer to what the customer wrote since the last one.",
        SlaClockKind.RESOLUTION: "The resolution.",
    },
)
described(
    SlaDimension,
    "What clocks are told apart by.",
    {
        SlaDimension.DAY: "The day, in the organization's time zone.",
        SlaDimension.WEEK: "The week, from Monday on.",
        SlaDimension.MONTH: "The month.",
        SlaDimension.KIND: "What the clock waits for.",
        SlaDimension.PRIORITY: "The ticket's priority: once a clock is met, the one that it had then.",
        SlaDimension.POLICY: "The policy, all versions of it together.",
        SlaDimension.AGENT: "Who met it, else who had the ticket when it was met or breached; of open clocks, has it.",
    },
)
described(
    SlaConditionKind,
    "What of a ticket a policy's condition asks for.",
    {
        SlaConditionKind.TAG: "That it has one of some tags.",
        SlaConditionKind.CATEGORY: "That its category is one of some.",
        SlaConditionKind.REQUESTER_DOMAIN: "That its requester's e-mail address is at one of some domains.",
    },
)
described(
    SlaEscalationAction,
    "What follows when a clock runs out, or is about to.",
    {
        SlaEscalationAction.RAISE_PRIORITY: "The ticket gets at least the priority that the step names.",
        SlaEscalationAction.REASSIGN: "The ticket is given to the member that the step names.",
        SlaEscalationAction.NOTIFY_ADMINS: "The organization's admins are told.",
    },
)
described(
    NotificationKind,
    "What a notification is about.",
    {
        NotificationKind.TICKET_ASSIGNED: "A ticket was given to you.",
        NotificationKind.CUSTOMER_REPLY: "A customer wrote on a ticket of yours, or on one that nobody has.",
        NotificationKind.MENTION: "A colleague named you with an @ in a message or an internal note.",
        NotificationKind.SLA_WARNING: "A clock of a ticket is about to run out.",
        NotificationKind.SLA_BREACHED: "A clock of a ticket has run out.",
        NotificationKind.SLA_ESCALATED: "A policy calls the admins because of a clock.",
    },
)
described(
    NotificationMail,
    "Whether and when somebody gets mail about something.",
    {
        NotificationMail.IMMEDIATE: "At once, a mail for each.",
        NotificationMail.DIGEST: "One mail a day for all that is unread, at 08:00 in the organization's time zone.",
        NotificationMail.NONE: "No mail.",
    },
)
described(
    SurveySkip,
    "Why a requester is not asked how they liked the resolution.",
    {
        SurveySkip.DISABLED: "The organization does not ask.",
        SurveySkip.REOPENED: "The ticket came back before it was time to ask.",
        SurveySkip.ALREADY_RATED: "The requester had rated it before they were asked.",
        SurveySkip.REQUESTER_IS_STAFF: "The requester is not a customer: staff don't rate themselves.",
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
        MailKind.SATISFACTION_SURVEY: "To the requester: how was it?",
        MailKind.TICKET_ASSIGNED: "To the new assignee.",
        MailKind.CUSTOMER_REPLY: "To those who work on it: the customer has written.",
        MailKind.MENTION: "To an agent whom a colleague has named.",
        MailKind.SLA_WARNING: "To those who work on it: a clock is about to run out.",
        MailKind.SLA_BREACHED: "To those who work on it: a clock has run out.",
        MailKind.SLA_ESCALATED: "To the admins: a policy calls them.",
        MailKind.DIGEST: "To a member: what the day has brought.",
    },
)
described(
    MailStatus,
    "Where a mail stands.",
    {
        MailStatus.QUEUED: "About to be sent, or to be tried again.",
        MailStatus.SENT: "Taken by the mail server, or put into the outbox.",
        MailStatus.FAILED: "Not taken; `reason` and `reply` say why. Trying its reaction again sends it again.",
        MailStatus.SUPPRESSED: "Not to be sent at all; `reason` says why.",
    },
)
described(
    MailReason,
    "Why a mail failed, or is not sent.",
    {
        MailReason.REFUSED: "The mail server refused it for good.",
        MailReason.GAVE_UP: "The mail server took it at none of many tries.",
        MailReason.NO_ADDRESS: "The recipient has no address any more, or none that mail can go to.",
        MailReason.LOOP: "Too many within an hour: two machines might be answering each other.",
    },
)
described(
    Weekday,
    "A day of the week.",
    {day: f"{day.value.title()}." for day in Weekday},
)
described(
    PresenceState,
    "What somebody does at a ticket.",
    {
        PresenceState.VIEWING: "Has it open.",
        PresenceState.TYPING: "Writes something on it. It turns into VIEWING by itself 6 s after it was said last.",
        PresenceState.LEFT: "Is not there any more.",
    },
)
described(
    Code,
    "What went wrong, for programs. Branch on this, show the message.",
    {
        Code.NOT_FOUND: "There is no such thing, or you may not know of it.",
        Code.NOT_ALLOWED: "Your role does not include this, or what you showed does not open it.",
        Code.INVALID_INPUT: "An argument can't be used; `path` says which.",
        Code.TRANSITION_NOT_ALLOWED: "The ticket's life cycle has no such step.",
        Code.CONFLICT: "Somebody else was faster: read again, then decide.",
        Code.ALREADY_DECIDED: "The suggestion was decided before, or the rating can't be changed any more.",
        Code.QUOTA_EXCEEDED: "The organization's quota for this month is used up.",
        Code.IDEMPOTENCY_MISMATCH: "The idempotency key was used for another request.",
        Code.RATE_LIMITED: "Too often; the message says when to try again, and so does the header Retry-After.",
        Code.UNAVAILABLE: "A part that this needs is away; try again later.",
        Code.TIMEOUT: "It took too long and was given up before anything was changed; try again later.",
    },
    name="ProblemCode",
)
