"""What members are told of and how they want it, and which notifications wait for a digest."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.fields import IndexWhere, new_id
from models.log import NotificationKind
from models.preferences import NotificationMail
from models.sla.promises import SlaClockKind
from models.table_operations import CreateTable


class Migration(migrations.Migration):
    dependencies = [("models", "0010_mail")]

    initial = False

    operations = [
        CreateTable(
            name="Preference",
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
                    "member",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="member_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "kind",
                    fields.CharEnumField(
                        description="TICKET_ASSIGNED: ticket_assigned\nCUSTOMER_REPLY: customer_reply\nMENTION: mention\nSLA_WARNING: sla_warning\nSLA_BREACHED: sla_breached\nSLA_ESCALATED: sla_escalated",
                        enum_type=NotificationKind,
                        max_length=40,
                    ),
                ),
                (
                    "mail",
                    fields.CharEnumField(
                        description="IMMEDIATE: immediate\nDIGEST: digest\nNONE: none",
                        enum_type=NotificationMail,
                        max_length=10,
                    ),
                ),
                ("in_app", fields.BooleanField()),
            ],
            options={
                "table": "support_preference",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("member_id", "kind"), name="support_preference_once_per_kind"),
                    CheckConstraint(
                        check="mail IN ('immediate', 'digest', 'none')", name="support_preference_mail_known"
                    ),
                ],
                "pk_attr": "id",
                "table_description": "How a member wants to be told of one kind of thing. Who has no row wants what `DEFAULTS` says.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Notification",
            name="actor_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="Notification",
            name="clock",
            field=fields.CharEnumField(
                null=True,
                description="FIRST_RESPONSE: first_response\nNEXT_RESPONSE: next_response\nRESOLUTION: resolution",
                enum_type=SlaClockKind,
                max_length=20,
            ),
        ),
        ops.AddField(
            model_name="Notification",
            name="digest_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Notification",
            name="digest_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name="Notification",
            name="in_app",
            field=fields.BooleanField(default=True, db_default=True),
        ),
        ops.AddField(
            model_name="Notification",
            name="message_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddIndex(
            model_name="Notification",
            index=IndexWhere(
                "read_at IS NULL AND in_app", ["user_id", "created_at", "id"], "support_notification_unread"
            ),
        ),
        ops.AddIndex(
            model_name="Notification",
            index=IndexWhere("digest_at IS NOT NULL", ["digest_at", "user_id"], "support_notification_for_digest"),
        ),
        ops.AddIndex(
            model_name="Notification",
            index=IndexWhere("digest_id IS NOT NULL", ["digest_id", "created_at"], "support_notification_in_digest"),
        ),
    ]
