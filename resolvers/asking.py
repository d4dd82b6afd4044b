"""Whether and when a requester is asked how they liked a resolution, and what the log says of it: once for each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from models.actors import Actor, Role
from models.database import Row
from models.log import ReactionStatus
from models.mail import MailKind, MailStatus
from models.recorded import RecordedEvent
from models.satisfaction_events import SurveySent, SurveySkip, SurveySkipped
from models.writer import Write, organization_write
from resolvers.access import access_ticket, operation

# The reaction that tells of a resolution.
TOLD_BY = "mail_of_resolution"


@dataclass(frozen=True, slots=True)
class Resolution:
    """That a ticket was resolved: the event, and where it stands in the log."""

    ticket_id: UUID
    event_id: UUID
    seq: int
    at: datetime

    @classmethod
    def of(cls, event: RecordedEvent) -> Resolution:
        """The resolution that a recorded TicketResolved is."""
        if event.ticket_id is None:
            raise LookupError(f"event {event.id} is about no ticket")
        return cls(event.ticket_id, event.id, event.seq, event.occurred_at)


@operation
async def survey_due(actor: Actor, resolution: Resolution) -> datetime | None:
    """When the requester is to be asked about a resolution; None where they were, or where nobody is: that is recorded.

    To be asked again when it is time, for a ticket that comes back until then is not asked about.
    """
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, resolution.ticket_id)
        state = await _state(write, resolution)
        if state["settled"]:
            return None
        reason = _why_not(state)
        if reason is not None:
            write.record(SurveySkipped(resolution.event_id, reason), ticket)
            return None
    return resolution.at + timedelta(minutes=state["csat_delay_minutes"])


@operation
async def is_being_told(actor: Actor, resolution: Resolution) -> bool:
    """Whether the mail that tells of a resolution, and may ask too, is still on its way."""
    on_its_way: bool = await actor.database.fetchval(
        "SELECT EXISTS (SELECT FROM support_reaction WHERE event_id = $1 AND name = $2 AND status = $3)",
        resolution.event_id,
        TOLD_BY,
        ReactionStatus.DUE,
    )
    return on_its_way


@operation
async def record_survey(actor: Actor, resolution: Resolution, kind: MailKind) -> None:
    """Keep what became of the mail that asks: that the requester was asked, or that it was one mail too many."""
    async with organization_write(actor) as write:
        ticket = await access_ticket(write, resolution.ticket_id)
        state = await _state(write, resolution, kind)
        if state["settled"]:
            return
        if state["mail"] == MailStatus.SENT:
            write.record(SurveySent(resolution.event_id), ticket)
        else:
            write.record(SurveySkipped(resolution.event_id, SurveySkip.TOO_MUCH_MAIL), ticket)


async def _state(write: Write, resolution: Resolution, kind: MailKind = MailKind.SATISFACTION_SURVEY) -> Row:
    state = await write.connection.fetchrow(
        _STATE,
        resolution.ticket_id,
        resolution.event_id,
        resolution.seq,
        kind,
        str(resolution.event_id),
    )
    if state is None:
        raise LookupError(f"ticket {resolution.ticket_id} has no requester or settings")
    return state


def _why_not(state: Row) -> SurveySkip | None:
    """Why nobody is asked, the plainest reason first."""
    reasons = {
        SurveySkip.DISABLED: not state["csat_enabled"],
        SurveySkip.REOPENED: state["reopened"],
        SurveySkip.ALREADY_RATED: state["rated"],
        SurveySkip.REQUESTER_GONE: state["email"] is None or state["deactivated_at"] is not None,
        SurveySkip.REQUESTER_IS_STAFF: state["role"] != Role.CUSTOMER,
    }
    return next((reason for reason, holds in reasons.items() if holds), None)


_STATE = """
SELECT s.csat_enabled, s.csat_delay_minutes, m.role, m.email, m.deactivated_at,
  EXISTS (SELECT FROM support_satisfaction r WHERE r.resolution_id = $2) AS rated,
  EXISTS (SELECT FROM support_event e WHERE e.ticket_id = t.id AND e.seq > $3 AND e.type = 'TicketReopened')
    AS reopened,
  EXISTS (SELECT FROM support_event e WHERE e.ticket_id = t.id AND e.seq > $3
    AND e.type IN ('SurveySent', 'SurveySkipped') AND e.data->>'resolution_id' = $5) AS settled,
  (SELECT p.status FROM support_mail p WHERE p.event_id = $2 AND p.kind = $4 AND p.recipient_id = m.id) AS mail
FROM support_ticket t
JOIN support_settings s ON s.organization_id = t.organization_id
JOIN support_membership m ON m.id = t.requester_id
WHERE t.id = $1
"""
