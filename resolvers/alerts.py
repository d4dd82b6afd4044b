"""Who is told when a clock is about to run out or has: notifications, and to whom mail goes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.actors import Actor, Role
from models.database import Fetch, Row
from models.fact import Fact
from models.log import NotificationKind
from models.recorded import RecordedEvent
from models.service_level_events import SlaBreached, SlaEscalated, SlaWarning
from models.sla import SlaClockKind
from models.writer import organization_write
from resolvers.access import operation
from resolvers.correspondence import SENDER_COLUMNS, Correspondence, Recipient, sender_of
from resolvers.telling import Occasion, tell, who_want_mail

_TEAM = (Role.ADMIN.value, Role.AGENT.value)


@dataclass(frozen=True, slots=True)
class Alert:
    """What a ticket's clock gave occasion to say, and to whom: to its assignee, or else the team; or to the admins."""

    event_id: UUID
    ticket_id: UUID
    kind: NotificationKind
    clock: SlaClockKind
    due_at: datetime | None
    at: datetime
    to_admins: bool

    @classmethod
    def of(cls, event: RecordedEvent) -> Alert:
        """The alert that a recorded fact is."""
        kind = ALERTS[type(event.fact)]
        match event.fact:
            case SlaWarning() | SlaBreached() | SlaEscalated() as fact if event.ticket_id is not None:
                to_admins = kind is NotificationKind.SLA_ESCALATED
                return cls(event.id, event.ticket_id, kind, fact.kind, fact.due_at, event.occurred_at, to_admins)
        raise LookupError(f"event {event.id} is no alert")

    @property
    def occasion(self) -> Occasion:
        """The alert as members are told of it."""
        return Occasion(self.event_id, self.ticket_id, self.kind, clock=self.clock)


ALERTS: dict[type[Fact], NotificationKind] = {
    SlaWarning: NotificationKind.SLA_WARNING,
    SlaBreached: NotificationKind.SLA_BREACHED,
    SlaEscalated: NotificationKind.SLA_ESCALATED,
}


@operation
async def notify_of_alert(actor: Actor, alert: Alert) -> int:
    """Put an alert among the notifications of those concerned, once however often it is asked; of how many now."""
    async with organization_write(actor) as write:
        concerned = [row["id"] for row in await _concerned(write.connection.fetch, actor, alert)]
        return await tell(write, alert.occasion, concerned)


@operation
async def alert_mails(actor: Actor, alert: Alert) -> list[Correspondence]:
    """What mail about an alert needs to know, for each of those concerned who want it at once."""
    rows = await _concerned(actor.database.fetch, actor, alert)
    wanting = await who_want_mail(actor.database.fetch, alert.kind, [row["id"] for row in rows])
    return [
        Correspondence(
            sender_of(row),
            Recipient(row["id"], row["recipient_name"], row["email"]),
            alert.ticket_id,
            row["number"],
            row["subject"],
        )
        for row in rows
        if row["id"] in wanting
    ]


async def _concerned(fetch: Fetch, actor: Actor, alert: Alert) -> list[Row]:
    roles = [Role.ADMIN.value] if alert.to_admins else [*_TEAM]
    return await fetch(_CONCERNED, actor.organization_id, alert.ticket_id, roles, alert.to_admins)


# An assignee who has left, or works no more, is none.
_CONCERNED = f"""
WITH active AS (
    SELECT id, email, name FROM support_membership
    WHERE organization_id = $1 AND role = ANY($3) AND deactivated_at IS NULL
)
SELECT active.id, active.email, active.name AS recipient_name, t.number, t.subject, {SENDER_COLUMNS}
FROM support_ticket t
JOIN support_organization o ON o.id = t.organization_id
JOIN support_settings s ON s.organization_id = t.organization_id
JOIN active ON $4 OR active.id = t.assignee_id OR NOT EXISTS (SELECT FROM active WHERE id = t.assignee_id)
WHERE t.id = $2 AND t.organization_id = $1
ORDER BY active.id
"""
