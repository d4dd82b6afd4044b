"""Indexes by which compliance is counted: clocks by when they were judged, and those that run by when they are due."""

from pypika_tortoise.functions import Coalesce
from pypika_tortoise.terms import Field
from tortoise import migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0007_service_levels")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="SlaClockRow",
            index=Index(
                Field("organization_id"),
                Coalesce(Field("breached_at"), Field("met_at"), Field("started_at")),
                name="support_sla_clock_by_judgement",
            ),
        ),
        ops.AddIndex(
            model_name="SlaClockRow",
            index=PostgreSQLIndex(
                fields=["organization_id", "due_at"],
                name="support_sla_clock_by_due",
                condition={"state": "running"},
            ),
        ),
    ]
