"""Every table of the first release."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.actors import ActorKind, Role
from models.assistance import ArticleKind, SuggestionStatus
from models.fields import new_id
from models.lifecycle import TicketPriority, TicketStatus
from models.log import ReactionStatus, Visibility
from models.table_operations import CreateTable


class Migration(migrations.Migration):
    initial = True

    operations = [
        CreateTable(
            name="Event",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("organization_id", fields.UUIDField()),
                ("seq", fields.BigIntField()),
                ("type", fields.CharField(max_length=40)),
                ("ticket_id", fields.UUIDField(null=True)),
                (
                    "actor_kind",
                    fields.CharEnumField(
                        description="AGENT: agent\nCUSTOMER: customer\nAI: ai\nSYSTEM: system",
                        enum_type=ActorKind,
                        max_length=10,
                    ),
                ),
                ("actor_id", fields.UUIDField(null=True)),
                (
                    "visibility",
                    fields.CharEnumField(
                        description="CUSTOMER: customer\nSTAFF: staff\nADMIN: admin\nPERSON: person",
                        enum_type=Visibility,
                        max_length=10,
                    ),
                ),
                ("person_id", fields.UUIDField(null=True)),
                ("data", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("reacts", fields.BooleanField(default=True)),
                ("occurred_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("recorded_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_event",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("organization_id", "seq"), name="support_event_seq_once"),
                    CheckConstraint(
                        check="visibility IN ('customer', 'staff', 'admin', 'person')",
                        name="support_event_visibility_known",
                    ),
                    CheckConstraint(
                        check="actor_kind IN ('agent', 'customer', 'ai', 'system')", name="support_event_actor_known"
                    ),
                    CheckConstraint(check="seq > 0", name="support_event_seq_positive"),
                    CheckConstraint(
                        check="visibility NOT IN ('customer', 'person') OR person_id IS NOT NULL",
                        name="support_event_names_its_person",
                    ),
                ],
                "indexes": [
                    Index(fields=["ticket_id", "seq"], name="support_event_by_ticket"),
                    Index(fields=["organization_id", "type", "seq"], name="support_event_by_type"),
                    Index(fields=["person_id", "seq"], name="support_event_by_person"),
                ],
                "pk_attr": "id",
                "table_description": "One fact, never changed. Ids, enums and numbers only: free text stays in the rows, where it can be erased.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="EventCounter",
            fields=[
                ("organization_id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("epoch", fields.IntField(default=1)),
                ("seq", fields.BigIntField(default=0)),
                ("ticket_number", fields.IntField(default=0)),
            ],
            options={
                "table": "support_event_counter",
                "app": "models",
                "pk_attr": "organization_id",
                "table_description": "An organization's last event and ticket number, bumped only by a write's last statement.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Organization",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=200)),
                ("slug", fields.CharField(unique=True, max_length=100)),
                ("timezone", fields.CharField(default="UTC", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_organization",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A tenant: nothing crosses from one to another.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Article",
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
                    "kind",
                    fields.CharEnumField(
                        default=ArticleKind.HELP_CENTER,
                        description="HELP_CENTER: help_center\nSNIPPET: snippet",
                        enum_type=ArticleKind,
                        max_length=20,
                    ),
                ),
                ("title", fields.TextField(unique=False)),
                ("body", fields.TextField(unique=False)),
                ("url", fields.TextField(null=True, unique=False)),
                ("category", fields.TextField(null=True, unique=False)),
                ("section", fields.TextField(null=True, unique=False)),
                ("external_id", fields.CharField(null=True, max_length=200)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("indexed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_article",
                "app": "models",
                "constraints": [
                    UniqueConstraint(
                        fields=("organization_id", "external_id"), name="support_article_external_id_once"
                    ),
                    CheckConstraint(check="kind IN ('help_center', 'snippet')", name="support_article_kind_known"),
                ],
                "indexes": [Index(fields=["organization_id", "updated_at", "id"], name="support_article_by_update")],
                "pk_attr": "id",
                "table_description": "A page of the organization's help centre. `external_id` is its name where it was imported from.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="ArticleChunk",
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
                    "article",
                    fields.ForeignKeyField(
                        "models.Article",
                        source_field="article_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.IntField()),
                ("heading", fields.TextField(null=True, unique=False)),
                ("text", fields.TextField(unique=False)),
                ("text_hash", fields.CharField(max_length=64)),
                ("model", fields.CharField(max_length=100)),
                ("embedding", fields.BinaryField()),
            ],
            options={
                "table": "support_article_chunk",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("article_id", "position"), name="support_article_chunk_position_once")
                ],
                "indexes": [
                    Index(fields=["organization_id", "article_id"], name="support_article_chunk_by_organization")
                ],
                "pk_attr": "id",
                "table_description": "A quotable piece of an article and its vector (float32, little-endian) by `model`.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="CannedResponse",
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
                ("title", fields.CharField(max_length=200)),
                ("shortcut", fields.CharField(null=True, max_length=50)),
                ("body", fields.TextField(unique=False)),
                ("folder", fields.CharField(null=True, max_length=100)),
                ("usage_count", fields.IntField(default=0)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_canned_response",
                "app": "models",
                "constraints": [
                    UniqueConstraint(
                        fields=("organization_id", "shortcut"), name="support_canned_response_shortcut_once"
                    ),
                    CheckConstraint(check="usage_count >= 0", name="support_canned_response_usage_not_negative"),
                ],
                "indexes": [Index(fields=["organization_id", "title", "id"], name="support_canned_response_by_title")],
                "pk_attr": "id",
                "table_description": "An answer written once and sent often.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Category",
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
                ("name", fields.CharField(max_length=100)),
                ("description", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_category",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("organization_id", "name"), name="support_category_name_once")
                ],
                "pk_attr": "id",
                "table_description": "What a ticket is about, from the organization's own list.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Reaction",
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
                ("event_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=60)),
                (
                    "status",
                    fields.CharEnumField(
                        default=ReactionStatus.DUE,
                        description="DUE: due\nDONE: done\nDEAD: dead",
                        enum_type=ReactionStatus,
                        max_length=10,
                    ),
                ),
                ("attempts", fields.IntField(default=0)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("leased_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("error", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_reaction",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("event_id", "name"), name="support_reaction_once_per_event"),
                    CheckConstraint(check="status IN ('due', 'done', 'dead')", name="support_reaction_status_known"),
                ],
                "indexes": [
                    PostgreSQLIndex(
                        fields=["due_at", "id"], name="support_reaction_by_due", condition={"status": "due"}
                    )
                ],
                "pk_attr": "id",
                "table_description": "A task that follows an event; at most one of each name an event. Whoever holds the lease works on it.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="RelayPosition",
            fields=[
                ("organization_id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("seq", fields.BigIntField(default=0)),
            ],
            options={
                "table": "support_relay_position",
                "app": "models",
                "pk_attr": "organization_id",
                "table_description": "Up to which event of an organization reactions have been planned.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Settings",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                (
                    "organization",
                    fields.OneToOneField(
                        "models.Organization",
                        source_field="organization_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("classification_enabled", fields.BooleanField(default=True)),
                ("suggestions_enabled", fields.BooleanField(default=True)),
                ("auto_resolve_enabled", fields.BooleanField(default=False)),
                ("auto_resolve_threshold", fields.FloatField(default=0.9)),
                ("auto_close_after_hours", fields.IntField(null=True, default=72)),
                ("reopen_window_days", fields.IntField(null=True, default=30)),
                ("from_email", fields.CharField(null=True, max_length=320)),
                ("from_name", fields.CharField(null=True, max_length=200)),
                ("csat_enabled", fields.BooleanField(default=True)),
                ("csat_delay_minutes", fields.IntField(default=60)),
                ("locale", fields.CharField(default="en", max_length=10)),
                ("monthly_ticket_quota", fields.IntField(null=True)),
                ("version", fields.IntField(default=1)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_settings",
                "app": "models",
                "constraints": [
                    CheckConstraint(
                        check="auto_resolve_threshold BETWEEN 0 AND 1",
                        name="support_settings_threshold_is_a_probability",
                    ),
                    CheckConstraint(
                        check="auto_close_after_hours >= 0 AND reopen_window_days >= 0 AND csat_delay_minutes >= 0 AND monthly_ticket_quota >= 0",
                        name="support_settings_durations_not_negative",
                    ),
                ],
                "pk_attr": "id",
                "table_description": "An organization's choices, one row each. Null hours or days mean never.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SlaPolicy",
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
                ("name", fields.CharField(max_length=200)),
                ("position", fields.IntField(default=0)),
                ("is_default", fields.BooleanField(default=False)),
                ("targets", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_sla_policy",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "position", "id"], name="support_sla_policy_by_position")],
                "pk_attr": "id",
                "table_description": "What an organization promises per priority. `targets` maps a priority to seconds per clock.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="User",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("email", fields.CharField(unique=True, max_length=320)),
                ("password_hash", fields.CharField(null=True, max_length=255)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_user",
                "app": "models",
                "pk_attr": "id",
                "table_description": "A person's account: what they sign in with. In an organization they are a membership.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Membership",
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
                    "user",
                    fields.ForeignKeyField(
                        "models.User",
                        source_field="user_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "role",
                    fields.CharEnumField(
                        description="ADMIN: admin\nAGENT: agent\nANALYST: analyst\nCUSTOMER: customer",
                        enum_type=Role,
                        max_length=10,
                    ),
                ),
                ("name", fields.CharField(max_length=200)),
                ("email", fields.CharField(null=True, max_length=320)),
                ("timezone", fields.CharField(null=True, max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deactivated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_membership",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("organization_id", "email"), name="support_membership_email_once"),
                    CheckConstraint(
                        check="role IN ('admin', 'agent', 'analyst', 'customer')", name="support_membership_role_known"
                    ),
                ],
                "indexes": [Index(fields=["organization_id", "role", "name", "id"], name="support_membership_by_role")],
                "pk_attr": "id",
                "table_description": "A person in one organization; the API calls it User. Customers have one without an account.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="ApiToken",
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
                ("name", fields.CharField(max_length=100)),
                (
                    "role",
                    fields.CharEnumField(
                        description="ADMIN: admin\nAGENT: agent\nANALYST: analyst\nCUSTOMER: customer",
                        enum_type=Role,
                        max_length=10,
                    ),
                ),
                ("token_hash", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_api_token",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("token_hash",), name="support_api_token_hash_once"),
                    CheckConstraint(
                        check="role IN ('admin', 'agent', 'analyst', 'customer')", name="support_api_token_role_known"
                    ),
                ],
                "pk_attr": "id",
                "table_description": "A bearer token of one member, acting in a role that is at most the member's. Only its SHA-256 is kept.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Session",
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
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_session",
                "app": "models",
                "constraints": [UniqueConstraint(fields=("token_hash",), name="support_session_hash_once")],
                "indexes": [PostgreSQLIndex(fields=["expires_at"], name="support_session_by_expiry")],
                "pk_attr": "id",
                "table_description": "A browser's signed-in session; only the SHA-256 of its cookie is kept.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Ticket",
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
                ("number", fields.IntField()),
                ("version", fields.IntField(default=1)),
                ("public_version", fields.IntField(default=1)),
                ("subject", fields.TextField(unique=False)),
                (
                    "status",
                    fields.CharEnumField(
                        default=TicketStatus.OPEN,
                        description="OPEN: open\nPENDING: pending\nIN_PROGRESS: in_progress\nWAITING_ON_CUSTOMER: waiting_on_customer\nRESOLVED: resolved\nCLOSED: closed",
                        enum_type=TicketStatus,
                        max_length=20,
                    ),
                ),
                (
                    "priority",
                    fields.CharEnumField(
                        default=TicketPriority.MEDIUM,
                        description="LOW: low\nMEDIUM: medium\nHIGH: high\nURGENT: urgent",
                        enum_type=TicketPriority,
                        max_length=10,
                    ),
                ),
                (
                    "category",
                    fields.ForeignKeyField(
                        "models.Category",
                        source_field="category_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "requester",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="requester_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "assignee",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="assignee_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("public_updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("first_responded_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("resolved_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("pending_until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reopen_count", fields.IntField(default=0)),
                ("ai_resolved", fields.BooleanField(default=False)),
                ("ai_triaged", fields.BooleanField(default=False)),
                (
                    "follow_up_of",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="follow_up_of_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("message_count", fields.IntField(default=0)),
                ("public_message_count", fields.IntField(default=0)),
                ("last_message_id", fields.UUIDField(null=True)),
                ("last_public_message_id", fields.UUIDField(null=True)),
                ("external_id", fields.CharField(null=True, max_length=200)),
            ],
            options={
                "table": "support_ticket",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("organization_id", "number"), name="support_ticket_number_once"),
                    UniqueConstraint(fields=("organization_id", "external_id"), name="support_ticket_external_id_once"),
                    CheckConstraint(
                        check="status IN ('open', 'pending', 'in_progress', 'waiting_on_customer', 'resolved', 'closed')",
                        name="support_ticket_status_known",
                    ),
                    CheckConstraint(
                        check="priority IN ('low', 'medium', 'high', 'urgent')", name="support_ticket_priority_known"
                    ),
                    CheckConstraint(check="char_length(subject) <= 300", name="support_ticket_subject_short"),
                    CheckConstraint(check="number > 0", name="support_ticket_number_positive"),
                    CheckConstraint(
                        check="version >= 1 AND public_version BETWEEN 1 AND version",
                        name="support_ticket_versions_ordered",
                    ),
                    CheckConstraint(
                        check="public_message_count BETWEEN 0 AND message_count AND reopen_count >= 0",
                        name="support_ticket_counts_ordered",
                    ),
                    CheckConstraint(
                        check="(status <> 'resolved' OR resolved_at IS NOT NULL)",
                        name="support_ticket_resolved_has_a_time",
                    ),
                    CheckConstraint(
                        check="(status = 'closed') = (closed_at IS NOT NULL)", name="support_ticket_closed_has_a_time"
                    ),
                ],
                "indexes": [
                    Index(fields=["organization_id", "created_at", "id"], name="support_ticket_by_creation"),
                    Index(fields=["organization_id", "updated_at", "id"], name="support_ticket_by_update"),
                    Index(fields=["organization_id", "status", "created_at", "id"], name="support_ticket_by_status"),
                    Index(fields=["assignee_id", "status", "created_at", "id"], name="support_ticket_by_assignee"),
                    Index(fields=["requester_id", "created_at", "id"], name="support_ticket_by_requester"),
                    Index(fields=["requester_id", "public_updated_at", "id"], name="support_ticket_by_public_update"),
                ],
                "pk_attr": "id",
                "table_description": "A customer's problem and where it stands.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="AiSuggestion",
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
                    "ticket",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "status",
                    fields.CharEnumField(
                        description="GENERATING: generating\nPENDING: pending\nACCEPTED: accepted\nEDITED: edited\nDISMISSED: dismissed\nSENT_BY_AI: sent_by_ai\nFAILED: failed",
                        enum_type=SuggestionStatus,
                        max_length=20,
                    ),
                ),
                ("body", fields.TextField(null=True, unique=False)),
                ("confidence", fields.FloatField(null=True)),
                ("answerable", fields.BooleanField(null=True)),
                ("model", fields.CharField(null=True, max_length=100)),
                ("event_id", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("decided_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "decided_by",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="decided_by_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("sent_body", fields.TextField(null=True, unique=False)),
                ("edit_distance", fields.FloatField(null=True)),
                ("reason", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "support_ai_suggestion",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("event_id",), name="support_ai_suggestion_once_per_event"),
                    CheckConstraint(
                        check="status IN ('generating', 'pending', 'accepted', 'edited', 'dismissed', 'sent_by_ai', 'failed')",
                        name="support_ai_suggestion_status_known",
                    ),
                    CheckConstraint(
                        check="confidence BETWEEN 0 AND 1 AND edit_distance BETWEEN 0 AND 1",
                        name="support_ai_suggestion_fractions",
                    ),
                    CheckConstraint(
                        check="(status IN ('accepted', 'edited', 'dismissed')) = (decided_at IS NOT NULL)",
                        name="support_ai_suggestion_decision_has_a_time",
                    ),
                ],
                "indexes": [
                    Index(fields=["ticket_id", "created_at", "id"], name="support_ai_suggestion_by_ticket"),
                    Index(fields=["organization_id", "created_at", "id"], name="support_ai_suggestion_by_time"),
                ],
                "pk_attr": "id",
                "table_description": "A draft answer by the AI and what an agent made of it. `event_id` is the event that it answers.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Notification",
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
                    "user",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("event_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=40)),
                (
                    "ticket",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="ticket_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_notification",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("user_id", "event_id", "kind"), name="support_notification_once_per_event")
                ],
                "indexes": [Index(fields=["user_id", "created_at", "id"], name="support_notification_by_user")],
                "pk_attr": "id",
                "table_description": "Something that one member should look at, made from one event.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="Satisfaction",
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
                ("rating", fields.SmallIntField()),
                ("comment", fields.TextField(null=True, unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_satisfaction",
                "app": "models",
                "constraints": [
                    CheckConstraint(check="rating BETWEEN 1 AND 5", name="support_satisfaction_one_to_five")
                ],
                "indexes": [Index(fields=["organization_id", "created_at", "id"], name="support_satisfaction_by_time")],
                "pk_attr": "id",
                "table_description": "A customer's rating, 1 to 5, of how a ticket was resolved.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SuggestionSource",
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
                    "suggestion",
                    fields.ForeignKeyField(
                        "models.AiSuggestion",
                        source_field="suggestion_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("position", fields.IntField()),
                (
                    "article",
                    fields.ForeignKeyField(
                        "models.Article",
                        source_field="article_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                ("title", fields.TextField(unique=False)),
                ("heading", fields.TextField(null=True, unique=False)),
                ("excerpt", fields.TextField(unique=False)),
                ("url", fields.TextField(null=True, unique=False)),
                ("score", fields.FloatField()),
            ],
            options={
                "table": "support_suggestion_source",
                "app": "models",
                "constraints": [
                    UniqueConstraint(
                        fields=("suggestion_id", "position"), name="support_suggestion_source_position_once"
                    )
                ],
                "pk_attr": "id",
                "table_description": "A passage that a draft cites, as it read at the time. The article may be gone since.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="TicketMessage",
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
                    "ticket",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "author",
                    fields.ForeignKeyField(
                        "models.Membership",
                        source_field="author_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "author_kind",
                    fields.CharEnumField(
                        description="AGENT: agent\nCUSTOMER: customer\nAI: ai\nSYSTEM: system",
                        enum_type=ActorKind,
                        max_length=10,
                    ),
                ),
                ("body", fields.TextField(unique=False)),
                ("internal", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "canned_response",
                    fields.ForeignKeyField(
                        "models.CannedResponse",
                        source_field="canned_response_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
                (
                    "suggestion",
                    fields.ForeignKeyField(
                        "models.AiSuggestion",
                        source_field="suggestion_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.SET_NULL,
                    ),
                ),
            ],
            options={
                "table": "support_ticket_message",
                "app": "models",
                "constraints": [
                    CheckConstraint(
                        check="author_kind IN ('agent', 'customer', 'ai', 'system')",
                        name="support_ticket_message_author_known",
                    ),
                    CheckConstraint(check="char_length(body) <= 50000", name="support_ticket_message_body_short"),
                    CheckConstraint(
                        check="(author_kind IN ('agent', 'customer')) = (author_id IS NOT NULL)",
                        name="support_ticket_message_people_are_named",
                    ),
                    CheckConstraint(
                        check="NOT (internal AND author_kind = 'customer')",
                        name="support_ticket_message_customers_write_openly",
                    ),
                ],
                "indexes": [
                    Index(fields=["ticket_id", "created_at", "id"], name="support_ticket_message_by_ticket"),
                    Index(fields=["organization_id", "created_at", "id"], name="support_ticket_message_by_time"),
                ],
                "pk_attr": "id",
                "table_description": "One entry of a ticket's thread. An internal note is a message that no customer ever sees.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="TicketTag",
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
                    "ticket",
                    fields.ForeignKeyField(
                        "models.Ticket",
                        source_field="ticket_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("name", fields.CharField(max_length=50)),
            ],
            options={
                "table": "support_ticket_tag",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("ticket_id", "name"), name="support_ticket_tag_once"),
                    CheckConstraint(check="name <> ''", name="support_ticket_tag_not_empty"),
                ],
                "indexes": [Index(fields=["organization_id", "name", "ticket_id"], name="support_ticket_tag_by_name")],
                "pk_attr": "id",
                "table_description": "One tag on one ticket, case-folded.",
            },
            bases=["Model"],
        ),
    ]
