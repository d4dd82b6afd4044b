"""Mail to people: what kinds there are, and one row for each that is or was to be sent. Rows hold no text of a mail."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.fields import at_most, key, one_of, reference

REPLY_LIMIT = 300


class MailKind(StrEnum):
    """What a mail is about."""

    TICKET_CONFIRMATION = "ticket_confirmation"
    AGENT_REPLY = "agent_reply"
    TICKET_RESOLVED = "ticket_resolved"
    SATISFACTION_SURVEY = "satisfaction_survey"
    TICKET_ASSIGNED = "ticket_assigned"
    CUSTOMER_REPLY = "customer_reply"
    MENTION = "mention"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"
    SLA_ESCALATED = "sla_escalated"
    DIGEST = "digest"


class MailStatus(StrEnum):
    """Where a mail stands. A failed one is sent again where its reaction is tried again, a suppressed one never."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class MailReason(StrEnum):
    """Why a mail failed or was not sent at all."""

    REFUSED = "refused"
    GAVE_UP = "gave_up"
    NO_ADDRESS = "no_address"
    LOOP = "loop"


class Mail(Model):
    """A mail that follows an event, to one member. Sent again, it has the same `message_id` and is the same mail.

    `reply` is what the server said when it took the mail or refused it, without addresses.
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    ticket = reference("Ticket", null=True, index=False, on_delete=fields.CASCADE)
    ticket_id: UUID | None
    event_id = fields.UUIDField()
    kind = fields.CharEnumField(MailKind, max_length=30)
    recipient = reference("Membership", index=False, on_delete=fields.CASCADE)
    recipient_id: UUID
    message_id = fields.CharField(400)
    status = fields.CharEnumField(MailStatus, max_length=10, default=MailStatus.QUEUED)
    reason = fields.CharEnumField(MailReason, max_length=20, null=True)
    reply = fields.TextField(null=True)
    attempts = fields.IntField(default=0)
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_mail"
        indexes = (
            Index(fields=("ticket_id", "created_at", "id"), name="support_mail_by_ticket"),
            Index(fields=("recipient_id", "created_at", "id"), name="support_mail_by_recipient"),
        )
        constraints = (
            UniqueConstraint(fields=("event_id", "kind", "recipient_id"), name="support_mail_once"),
            UniqueConstraint(fields=("message_id",), name="support_mail_message_id_once"),
            one_of("kind", MailKind, "support_mail_kind_known"),
            one_of("status", MailStatus, "support_mail_status_known"),
            one_of("reason", MailReason, "support_mail_reason_known"),
            at_most("reply", REPLY_LIMIT, "support_mail_reply_short"),
            CheckConstraint(check="(status = 'sent') = (sent_at IS NOT NULL)", name="support_mail_sent_has_a_time"),
        )


def message_id(event_id: UUID, kind: MailKind, recipient_id: UUID, domain: str) -> str:
    """The Message-ID of a mail: of what makes it this mail, and telling nothing of it."""
    return f"<{_digest(event_id.bytes, kind.encode(), recipient_id.bytes)}@{domain}>"


def thread_id(ticket_id: UUID, domain: str) -> str:
    """The Message-ID that all mails about a ticket answer, though no mail has it: by it they are shown together."""
    return f"<{_digest(ticket_id.bytes)}@{domain}>"


def _digest(*parts: bytes) -> str:
    return sha256(b"/".join(parts)).hexdigest()[:32]
