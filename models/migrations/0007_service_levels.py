"""Policies and calendars in versions, each ticket's clocks, and what lists of tickets are sorted and narrowed by."""

import datetime

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.fields import new_id
from models.lifecycle import TicketPriority
from models.sla.clocks import SlaState
from models.sla.promises import SlaClockKind
from models.table_operations import CreateTable


class Migration(migrations.Migration):
    dependencies = [("models", "0006_audit")]

    initial = False

    operations = [
        CreateTable(
            name="BusinessCalendar",
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
                ("is_default", fields.BooleanField(default=False)),
                ("definition", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("version", fields.IntField(default=1)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_business_calendar",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "name", "id"], name="support_business_calendar_by_name")],
                "pk_attr": "id",
                "table_description": "When an organization is open, as last edited. The default one counts where a policy names none.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="BusinessCalendarVersion",
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
                    "calendar",
                    fields.ForeignKeyField(
                        "models.BusinessCalendar",
                        source_field="calendar_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("definition", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_business_calendar_version",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("calendar_id", "number"), name="support_business_calendar_version_once")
                ],
                "pk_attr": "id",
                "table_description": "A calendar as it once was or is; never changed, so that what was promised can be reckoned again.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SlaPolicyVersion",
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
                    "policy",
                    fields.ForeignKeyField(
                        "models.SlaPolicy",
                        source_field="policy_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("number", fields.IntField()),
                ("definition", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_sla_policy_version",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("policy_id", "number"), name="support_sla_policy_version_once")
                ],
                "pk_attr": "id",
                "table_description": "A policy as it once was or is, its position, default flag and calendar included; never changed.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="SlaClockRow",
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
                ("position", fields.IntField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="FIRST_RESPONSE: first_response\nNEXT_RESPONSE: next_response\nRESOLUTION: resolution",
                        enum_type=SlaClockKind,
                        max_length=20,
                    ),
                ),
                (
                    "state",
                    fields.CharEnumField(
                        description="MET: met\nMET_LATE: met_late\nBREACHED: breached\nRUNNING: running\nPAUSED: paused\nNEVER: never",
                        enum_type=SlaState,
                        max_length=10,
                    ),
                ),
                (
                    "priority",
                    fields.CharEnumField(
                        description="LOW: low\nMEDIUM: medium\nHIGH: high\nURGENT: urgent",
                        enum_type=TicketPriority,
                        max_length=10,
                    ),
                ),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("target_seconds", fields.IntField(null=True)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("remaining", fields.BigIntField(null=True)),
                ("warn_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("met_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("breached_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("paused_since", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("agent_id", fields.UUIDField(null=True)),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "models.SlaPolicyVersion",
                        source_field="policy_version_id",
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "calendar_version",
                    fields.ForeignKeyField(
                        "models.BusinessCalendarVersion",
                        source_field="calendar_version_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("warned", fields.BooleanField(default=False)),
                ("breach_recorded", fields.BooleanField(default=False)),
                ("escalated", fields.JSONField(default=dict, db_default="{}", encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "support_sla_clock",
                "app": "models",
                "constraints": [
                    UniqueConstraint(fields=("ticket_id", "position"), name="support_sla_clock_position_once"),
                    CheckConstraint(
                        check="kind IN ('first_response', 'next_response', 'resolution')",
                        name="support_sla_clock_kind_known",
                    ),
                    CheckConstraint(
                        check="state IN ('met', 'met_late', 'breached', 'running', 'paused', 'never')",
                        name="support_sla_clock_state_known",
                    ),
                ],
                "indexes": [Index(fields=["organization_id", "started_at", "id"], name="support_sla_clock_by_start")],
                "pk_attr": "id",
                "table_description": "One clock of a ticket, as of the event that its ticket is reckoned up to. `remaining` is in milliseconds.",
            },
            bases=["Model"],
        ),
        CreateTable(
            name="TicketSla",
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
                ("seq", fields.BigIntField()),
                (
                    "policy_version",
                    fields.ForeignKeyField(
                        "models.SlaPolicyVersion",
                        source_field="policy_version_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "calendar_version",
                    fields.ForeignKeyField(
                        "models.BusinessCalendarVersion",
                        source_field="calendar_version_id",
                        null=True,
                        db_index=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("next_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "support_ticket_sla",
                "app": "models",
                "indexes": [PostgreSQLIndex(fields=["next_at"], name="support_ticket_sla_by_next")],
                "pk_attr": "id",
                "table_description": "Up to which event a ticket's clocks are reckoned, by what promise, and when something is next to be done.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="SlaPolicy",
            options={
                "table": "support_sla_policy",
                "app": "models",
                "indexes": [Index(fields=["organization_id", "position", "id"], name="support_sla_policy_by_position")],
                "pk_attr": "id",
                "table_description": "What an organization promises, as last edited: `definition` holds targets, pauses, conditions and escalations.",
            },
        ),
        ops.AddField(
            model_name="SlaPolicy",
            name="calendar",
            field=fields.ForeignKeyField(
                "models.BusinessCalendar",
                source_field="calendar_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddIndex(
            model_name="SlaPolicy",
            index=Index(fields=["calendar_id"], name="support_sla_policy_by_calendar"),
        ),
        ops.AddField(
            model_name="SlaPolicy",
            name="definition",
            field=fields.JSONField(default=dict, db_default="{}", encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddField(
            model_name="SlaPolicy",
            name="deleted_at",
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name="Ticket",
            name="sla_due_at",
            field=fields.DatetimeField(
                default=datetime.datetime.fromisoformat("9999-12-31T23:59:59.999000+00:00"),
                db_default=datetime.datetime.fromisoformat("9999-12-31T23:59:59.999000+00:00"),
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.AddField(
            model_name="Ticket",
            name="sla_state",
            field=fields.CharEnumField(
                null=True,
                description="MET: met\nMET_LATE: met_late\nBREACHED: breached\nRUNNING: running\nPAUSED: paused\nNEVER: never",
                enum_type=SlaState,
                max_length=10,
            ),
        ),
        ops.AddIndex(
            model_name="Ticket",
            index=Index(fields=["organization_id", "sla_due_at", "id"], name="support_ticket_by_sla_due"),
        ),
    ]
