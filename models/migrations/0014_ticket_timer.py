"""Indexes by which the timer finds tickets whose snooze is over, and resolved ones that are to be closed."""

from tortoise import migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0013_mail_kinds")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="Ticket",
            index=PostgreSQLIndex(
                fields=["pending_until"], name="support_ticket_snoozed", condition={"status": "pending"}
            ),
        ),
        ops.AddIndex(
            model_name="Ticket",
            index=PostgreSQLIndex(
                fields=["organization_id", "resolved_at"],
                name="support_ticket_to_close",
                condition={"status": "resolved"},
            ),
        ),
    ]
