"""THE TABLE: which fact is followed by which reactions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from models.events import (
    ArticleChanged,
    DigestDue,
    MemberChanged,
    MessageAdded,
    SuggestionRequested,
    TicketAssigned,
    TicketClosed,
    TicketCreated,
    TicketReopened,
    TicketResolved,
    TicketStatusChanged,
    TicketTagged,
    TicketUpdated,
)
from models.fact import Fact
from models.log import Lane
from models.recorded import RecordedEvent
from models.service_level_events import BusinessCalendarChanged, SlaBreached, SlaEscalated, SlaPolicyChanged, SlaWarning
from models.sla import SlaEscalationAction
from tasks.alerts import mail_of_sla, notify_of_sla
from tasks.assistance import draft, give_up_draft, triage
from tasks.context import TaskContext
from tasks.knowledge import index_article
from tasks.leases import Follower
from tasks.mail.forgetting import forget_mail, makes_nobody
from tasks.mail.reactions import (
    give_up_mail,
    is_answer,
    is_news_to_requester,
    mail_of_reply,
    mail_of_resolution,
    mail_of_ticket,
)
from tasks.notices import mail_of_digest, mail_of_notice, may_concern_somebody, notify
from tasks.service_levels import recalculate_clocks, reckon_clocks
from tasks.surveys import survey


def _always(_event: RecordedEvent) -> bool:
    return True


def _is_no_note(event: RecordedEvent) -> bool:
    return not (isinstance(event.fact, MessageAdded) and event.fact.internal)


def _is_for_people(event: RecordedEvent) -> bool:
    """Of what a policy has the helpdesk do, people are told where that is all that is done."""
    fact = event.fact
    return not (
        isinstance(fact, SlaEscalated) and (fact.action is not SlaEscalationAction.NOTIFY_ADMINS or not fact.done)
    )


Run = Callable[[TaskContext, RecordedEvent], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class ReactionSpec:
    """A task that follows an event, where `when` says so.

    `run` may be called more than once for one event, and must then come to the same: what it does to the outside
    carries the event's id and this name. An instant that it returns means "run me again then"; that is no failure.
    What it raises is tried again after a rest, but for `Refused`, which is the end. `on_death` follows the event once
    this reaction has been given up.
    """

    name: str
    run: Run
    when: Callable[[RecordedEvent], bool] = _always
    lane: Lane = Lane.NORMAL
    on_death: ReactionSpec | None = None

    @property
    def follower(self) -> Follower | None:
        """What follows its death, as it is planned."""
        return Follower(self.on_death.name, self.on_death.lane) if self.on_death else None


def _mail(
    name: str, run: Run, when: Callable[[RecordedEvent], bool] = _always, lane: Lane = Lane.NORMAL
) -> ReactionSpec:
    """A reaction that sends mail. Once it is given up, the ticket says so."""
    return ReactionSpec(name, run, when, lane, on_death=ReactionSpec(f"give_up_{name}", give_up_mail))


Reactions = Mapping[type[Fact], tuple[ReactionSpec, ...]]

# Whatever moves a ticket's clocks.
SLA = ReactionSpec("sla", reckon_clocks, _is_no_note)
RECALCULATION = ReactionSpec("recalculate", recalculate_clocks, lane=Lane.BULK)
DRAFT = ReactionSpec(
    "draft", draft, lane=Lane.PEOPLE, on_death=ReactionSpec("give_up_draft", give_up_draft, lane=Lane.PEOPLE)
)
# A model takes its time, and a help centre is indexed as a whole: mail that follows the same events must not wait for
# either.
TRIAGE = ReactionSpec("triage", triage, lane=Lane.BULK)
INDEXING = ReactionSpec("index_article", index_article, lane=Lane.BULK)
# Two, so that what fails of one is tried again without the other.
ALERT = (
    ReactionSpec("notify_of_sla", notify_of_sla, _is_for_people),
    _mail("mail_of_sla", mail_of_sla, _is_for_people),
)
NOTICE = (
    ReactionSpec("notify", notify, may_concern_somebody),
    _mail("mail_of_notice", mail_of_notice, may_concern_somebody),
)

REACTIONS: Reactions = {
    TicketCreated: (TRIAGE, SLA, _mail("mail_of_ticket", mail_of_ticket)),
    TicketUpdated: (SLA,),
    TicketTagged: (SLA,),
    TicketStatusChanged: (SLA,),
    TicketResolved: (
        SLA,
        _mail("mail_of_resolution", mail_of_resolution, is_news_to_requester),
        _mail("survey", survey),
    ),
    TicketClosed: (SLA,),
    TicketReopened: (SLA,),
    TicketAssigned: NOTICE,
    MessageAdded: (SLA, _mail("mail_of_reply", mail_of_reply, is_answer, Lane.PEOPLE), *NOTICE),
    DigestDue: (_mail("mail_of_digest", mail_of_digest, lane=Lane.BULK),),
    SlaPolicyChanged: (RECALCULATION,),
    BusinessCalendarChanged: (RECALCULATION,),
    SlaWarning: ALERT,
    SlaBreached: ALERT,
    SlaEscalated: ALERT,
    SuggestionRequested: (DRAFT,),
    MemberChanged: (ReactionSpec("forget_mail", forget_mail, makes_nobody),),
    ArticleChanged: (INDEXING,),
}


def following(reactions: Reactions, event: RecordedEvent) -> list[ReactionSpec]:
    """What follows this event."""
    return [spec for spec in reactions.get(type(event.fact), ()) if spec.when(event)]


def specs_by_name(reactions: Reactions) -> dict[str, ReactionSpec]:
    """Every reaction once; one that follows several facts is the same in all of them."""
    planned = {spec.name: spec for specs in reactions.values() for spec in specs}
    return planned | {spec.on_death.name: spec.on_death for spec in planned.values() if spec.on_death}
