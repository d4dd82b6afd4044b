"""Reactions have lanes, wait without being in anybody's way, and are tried anew where an attempt did not count."""

from pypika_tortoise.functions import Coalesce
from pypika_tortoise.terms import Field
from tortoise import fields, migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint

from models.log import Lane


class Migration(migrations.Migration):
    dependencies = [("models", "0008_sla_compliance")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Reaction",
            name="begun",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Reaction",
            name="excused",
            field=fields.IntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name="Reaction",
            name="lane",
            field=fields.CharEnumField(default=Lane.NORMAL, db_default="normal", enum_type=Lane, max_length=10),
        ),
        ops.AddField(
            model_name="Reaction",
            name="waits",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddIndex(
            model_name="Reaction",
            index=PostgreSQLIndex(
                fields=["lane", "organization_id", "due_at", "id"],
                name="support_reaction_by_turn",
                condition={"status": "due", "waits": False},
            ),
        ),
        ops.AddIndex(
            model_name="Reaction",
            index=PostgreSQLIndex(
                Coalesce(Field("leased_until"), Field("due_at")),
                name="support_reaction_by_wait",
                condition={"status": "due", "waits": True},
            ),
        ),
        ops.AddIndex(
            model_name="Reaction",
            index=PostgreSQLIndex(fields=["finished_at"], name="support_reaction_by_end", condition={"status": "done"}),
        ),
        ops.AddIndex(
            model_name="Reaction",
            index=PostgreSQLIndex(
                fields=["organization_id", "finished_at", "id"],
                name="support_reaction_by_death",
                condition={"status": "dead"},
            ),
        ),
        ops.AddConstraint(
            model_name="Reaction",
            constraint=CheckConstraint(
                check="lane IN ('people', 'normal', 'bulk')", name="support_reaction_lane_known"
            ),
        ),
    ]
