"""Reactions that tell people of clocks that run out: in the console, and by mail."""

from __future__ import annotations

from models.actors import Actor
from models.log import NotificationKind
from models.mail import MailKind
from models.recorded import RecordedEvent
from resolvers.alerts import Alert, alert_mails, notify_of_alert
from tasks.context import TaskContext
from tasks.mail import letters
from tasks.mail.delivery import deliver

_MAILS = {
    NotificationKind.SLA_WARNING: MailKind.SLA_WARNING,
    NotificationKind.SLA_BREACHED: MailKind.SLA_BREACHED,
    NotificationKind.SLA_ESCALATED: MailKind.SLA_ESCALATED,
}


async def notify_of_sla(context: TaskContext, event: RecordedEvent) -> None:
    """Notify the assignee or the team; of an escalation, the admins."""
    await notify_of_alert(Actor.system(context.database, event.organization_id), Alert.of(event))


async def mail_of_sla(context: TaskContext, event: RecordedEvent) -> None:
    """Write to the same people."""
    alert = Alert.of(event)
    tickets = await alert_mails(Actor.system(context.database, event.organization_id), alert)
    kind = _MAILS[alert.kind]
    await deliver(
        context, event, [letters.alert(kind, ticket, alert.clock, alert.due_at, alert.at) for ticket in tickets]
    )
