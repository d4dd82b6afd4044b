"""Mail: a row for each that is or was to be sent, and the domain that an operator has verified."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.fields import new_id
from models.mail import MailKind, MailReason, MailStatus
from models.table_operations import CreateTable


class Migration(migrations.Migration):
    dependencies = [("models", "0009_reactions")]

    initial = False

    operations = [
        CreateTable(
            name="Mail",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="ticket_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("event_id", fields.UUIDField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="TICKET_CONFIRMATION: ticket_confirmation\nAGENT_REPLY: agent_reply\nTICKET_RESOLVED: ticket_resolved\nSATISFACTION_SURVEY: satisfaction_survey\nTICKET_ASSIGNED: ticket_assigned\nCUSTOMER_REPLY: customer_reply\nMENTION: mention\nSLA_WARNING: sla_warning\nSLA_BREACHED: sla_breached\nSLA_ESCALATED: sla_escalated\nDIGEST: digest\nINVITATION: invitation",
                        enum_type=MailKind,
                        max_length=30,
                    ),
                ),
                (
                    "recipient",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="recipient_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("message_id", fields.CharField(max_length=400)),
                (
                    "status",
                    fields.CharEnumField(
                        default=MailStatus.QUEUED,
                        description="QUEUED: queued\nSENT: sent\nFAILED: failed\nSUPPRESSED: suppressed",
                        enum_type=MailStatus,
                        max_length=10,
                    ),
                ),
                (
                    "reason",
                    fields.CharEnumField(
                        null=True,
                        description="REFUSED: refused\nGAVE_UP: gave_up\nNO_ADDRESS: no_address\nLOOP: loop",
                        enum_type=MailReason,
                        max_length=20,
                    ),
                ),
                ("reply", fields.TextField(null=True, unique=False)),
                ("attempts", fields.IntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("sent_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_mail",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("event_id", "kind", "recipient_id"), name="support_mail_once"),
                    UniqueConstraint(fields=("message_id",), name="support_mail_message_id_once"),
                    CheckConstraint(
                        check="kind IN ('ticket_confirmation', 'agent_reply', 'ticket_resolved', 'satisfaction_survey', 'ticket_assigned', 'customer_reply', 'mention', 'sla_warning', 'sla_breached', 'sla_escalated', 'digest', 'invitation')",
                        name="support_mail_kind_known",
                    ),
                    CheckConstraint(
                        check="status IN ('queued', 'sent', 'failed', 'suppressed')", name="support_mail_status_known"
                    ),
                    CheckConstraint(
                        check="reason IN ('refused', 'gave_up', 'no_address', 'loop')", name="support_mail_reason_known"
                    ),
                    CheckConstraint(check="char_length(reply) <= 300", name="support_mail_reply_short"),
                    CheckConstraint(
                        check="(status = 'sent') = (sent_at IS NOT NULL)", name="support_mail_sent_has_a_time"
                    ),
                ],
                "indexes": [
                    Index(fields=["ticket_id", "created_at", "id"], name="support_mail_by_ticket"),
                    Index(fields=["recipient_id", "created_at", "id"], name="support_mail_by_recipient"),
                ],
                "pk_attr": "id",
                "table_description": "A mail that follows an event, to one member. Sent again, it has the same `message_id` and is the same mail.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Settings",
            name="verified_domain",
            field=fields.CharField(null=True, max_length=253),
        ),
    ]
