"""Indexes for lists of an agent's tickets by their last change, and of a category's by arrival."""

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0004_search")]

    initial = False

    operations = [
        ops.AddIndex(
            model_name="Ticket",
            index=Index(fields=["assignee_id", "updated_at", "id"], name="support_ticket_by_assignee_update"),
        ),
        ops.AddIndex(
            model_name="Ticket",
            index=Index(fields=["category_id", "created_at", "id"], name="support_ticket_by_category"),
        ),
        # The category's own index has become the beginning of that one.
        ops.AlterField(
            model_name="Ticket",
            name="category",
            field=fields.ForeignKeyField(
                "models.Category",
                source_field="category_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.SET_NULL,
            ),
        ),
    ]
