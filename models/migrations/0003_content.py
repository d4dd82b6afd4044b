"""Categories and canned responses that are deleted leave a row behind; members are listed by name."""

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0002_the_whole_api")]

    initial = False

    operations = [
        ops.AddField(
            model_name="CannedResponse",
            name="deleted_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Category",
            name="deleted_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddIndex(
            model_name="Membership",
            index=Index(fields=["organization_id", "name", "id"], name="support_membership_by_name"),
        ),
    ]
