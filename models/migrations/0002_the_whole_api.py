"""Tables for saved views, invitations, tags by id, uses of canned responses, safe retries; the month's quota."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.fields import new_id
from models.table_operations import CreateTable


class Migration(migrations.Migration):
    dependencies = [("models", "0001_initial")]

    initial = False

    operations = [
        CreateTable(
            name="CannedResponseUse",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "canned_response",
                    fields.ForeignKeyField(
                        "models.CannedResponse",
                        source_field="canned_response_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "agent",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="agent_id",
                        null=True,
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
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_canned_response_use",
                "app": "models",
                "indexes": [
                    Index(
                        fields=["canned_response_id", "used_at", "id"], name="support_canned_response_use_by_response"
                    ),
                    Index(fields=["organization_id", "used_at", "id"], name="support_canned_response_use_by_time"),
                ],
                "pk_attr": "id",
                "table_description": "A canned response was sent: by whom, when, on which ticket. It outlives the canned response.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="IdempotencyKey",
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
                ("caller_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=255)),
                ("path", fields.CharField(max_length=200)),
                ("request_hash", fields.BinaryField()),
                ("result", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_idempotency_key",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("caller_id", "name", "path"), name="support_idempotency_key_once")
                ],
                "indexes": [PostgreSQLIndex(fields=["created_at"], name="support_idempotency_key_by_time")],
                "pk_attr": "id",
                "table_description": "What became of a mutation that was sent with an Idempotency-Key, written in the mutation's own transaction.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Invitation",
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
                    "membership",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="membership_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("token_hash", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("accepted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_invitation",
                "app": "models",
                "constraints": [UniqueConstraint(fields=("token_hash",), name="support_invitation_hash_once")],
                "pk_attr": "id",
                "table_description": "A one-time link by which an invited member sets a password; only the SHA-256 of its token is kept.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SavedView",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "owner",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="owner_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=100)),
                ("ticket_filter", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("search", fields.CharField(null=True, max_length=200)),
                ("ticket_order", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("shared", fields.BooleanField(default=False)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_saved_view",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "name", "id"], name="support_saved_view_by_name")],
                "pk_attr": "id",
                "table_description": "A list of tickets to be found again. `ticket_filter` and `ticket_order` are as clients send them.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SignInThrottle",
            fields=[
                ("id", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=64)),
                ("since", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("tries", fields.IntField()),
            ],
            options={
                "table": "support_sign_in_throttle",
                "app": "models",
                "indexes": [PostgreSQLIndex(fields=["since"], name="support_sign_in_throttle_by_time")],
                "pk_attr": "id",
                "table_description": "How often somebody tried to sign in since `since`, from one address or at one account.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Tag",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.ForeignKeyField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("name", fields.CharField(max_length=50)),
            ],
            options={
                "table": "support_tag",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("organization_id", "name"), name="support_tag_name_once"),
                    CheckConstraint(check="name <> ''", name="support_tag_has_a_name"),
                ],
                "pk_attr": "id",
                "table_description": "A tag in use, case-folded. Events name tags by these ids, for a tag may hold a person's name.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="EventCounter",
            name="quota_month",
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name="EventCounter",
            name="quota_used",
            field=fields.IntField(default=0, db_default=0),
        ),
        # Tags that were given before they had ids of their own.
        ops.RunSQL(
            "INSERT INTO support_tag (id, organization_id, name)"
            " SELECT gen_random_uuid(), organization_id, name FROM support_ticket_tag GROUP BY organization_id, name",
            "DELETE FROM support_tag",
        ),
    ]
