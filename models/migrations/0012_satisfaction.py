"""Ratings tell which resolution they are about, once each, and when they were changed; an agent's are found by time."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import UniqueConstraint


class Migration(migrations.Migration):
    dependencies = [("models", "0011_notifications")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Satisfaction",
            name="changed_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Satisfaction",
            name="resolution_id",
            field=fields.UUIDField(null=True),
        ),
        ops.AddIndex(
            model_name="Satisfaction",
            index=Index(fields=["agent_id", "created_at", "id"], name="support_satisfaction_by_agent"),
        ),
        # After the index above: a foreign key is never without one.
        ops.AlterField(
            model_name="Satisfaction",
            name="agent",
            field=fields.ForeignKeyField(
                "models.Membership",
                source_field="agent_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddConstraint(
            model_name="Satisfaction",
            constraint=UniqueConstraint(fields=("resolution_id",), name="support_satisfaction_once_a_resolution"),
        ),
    ]
