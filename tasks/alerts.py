"""Reactions that tell people of clocks that run out: in the console, and by mail."""

from __future__ import annotations

from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from uuid import UUID

from models.actors import Actor
from models.log import NotificationKind
from models.recorded import RecordedEvent
from models.settings import Settings
from models.sla import SlaClockKind
from resolvers.alerts import Alert, AlertMail, alert_mails, notify_of_alert
from tasks.context import TaskContext

_CLOCKS = {
    SlaClockKind.FIRST_RESPONSE: "first response",
    SlaClockKind.NEXT_RESPONSE: "next response",
    SlaClockKind.RESOLUTION: "resolution",
}
_SUBJECTS = {
    NotificationKind.SLA_WARNING: "Due soon",
    NotificationKind.SLA_BREACHED: "Overdue",
    NotificationKind.SLA_ESCALATED: "Escalated",
}


async def notify_of_sla(context: TaskContext, event: RecordedEvent) -> None:
    """Notify the assignee or the team; of an escalation, the admins."""
    await notify_of_alert(Actor.system(context.database, event.organization_id), Alert.of(event))


async def mail_of_sla(context: TaskContext, event: RecordedEvent) -> None:
    """Write to the same people. Sent twice, a mail is the same mail."""
    actor = Actor.system(context.database, event.organization_id)
    for mail in await alert_mails(actor, Alert.of(event)):
        await context.outbox.send(letter(mail, context.settings))


def letter(mail: AlertMail, settings: Settings) -> EmailMessage:
    """The mail as it is sent: plain text, and of what customers wrote the subject only."""
    subject = " ".join(mail.ticket_subject.split())
    message = EmailMessage(policy=SMTPUTF8)
    message["Message-ID"] = _message_id(mail.alert.event_id, mail.recipient_id, settings.from_email)
    message["Date"] = mail.alert.at
    message["From"] = Address(mail.from_name or settings.from_name, addr_spec=mail.from_address or settings.from_email)
    message["To"] = Address(addr_spec=mail.address)
    message["Subject"] = f"{_SUBJECTS[mail.alert.kind]}: #{mail.ticket_number} {subject}"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(f"Ticket #{mail.ticket_number}: {subject}\n\n{_sentence(mail.alert)}\n")
    return message


def _message_id(event_id: UUID, recipient_id: UUID, from_email: str) -> str:
    return f"<{event_id.hex}.{recipient_id.hex}@{from_email.rpartition('@')[2]}>"


def _sentence(alert: Alert) -> str:
    clock = _CLOCKS[alert.clock]
    match alert.kind:
        case NotificationKind.SLA_WARNING:
            return f"Its {clock} is due at {_spelled(alert.due_at or alert.at)}."
        case NotificationKind.SLA_BREACHED:
            return f"Its {clock} was not given in time. The time ran out at {_spelled(alert.at)}."
        case NotificationKind.SLA_ESCALATED:
            return f"Its policy says that admins are told of its {clock}, as of {_spelled(alert.at)}."


def _spelled(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%d %B %Y, %H:%M:%S} UTC"
