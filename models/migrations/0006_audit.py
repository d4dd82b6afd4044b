"""Indexes by which the audit trail finds what somebody, or some kind of actor, did."""

from tortoise import migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0005_list_indexes")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="Event",
            index=Index(fields=["actor_id", "type", "seq"], name="support_event_by_actor"),
        ),
        ops.AddIndex(
            model_name="Event",
            index=Index(fields=["organization_id", "actor_kind", "type", "seq"], name="support_event_by_actor_kind"),
        ),
    ]
