"""What organizations promise, when they are open, and how each ticket's clocks stand. The rules are in models/sla."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pypika_tortoise.functions import Coalesce
from pypika_tortoise.terms import Field
from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint
from tortoise.models import Model

from models.fields import key, one_of, reference
from models.lifecycle import TicketPriority
from models.sla import SlaClockKind, SlaState


class BusinessCalendar(Model):
    """When an organization is open, as last edited. The default one counts where a policy names none.

    A deleted one stays as a row: versions of policies may name it.
    """

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    name = fields.CharField(200)
    is_default = fields.BooleanField(default=False)
    definition: fields.Field[Any] = fields.JSONField()
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_business_calendar"
        indexes = (Index(fields=("organization_id", "name", "id"), name="support_business_calendar_by_name"),)


class BusinessCalendarVersion(Model):
    """A calendar as it once was or is; never changed, so that what was promised can be reckoned again."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    calendar = reference("BusinessCalendar", index=False)
    calendar_id: UUID
    number = fields.IntField()
    definition: fields.Field[Any] = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_business_calendar_version"
        constraints = (
            UniqueConstraint(fields=("calendar_id", "number"), name="support_business_calendar_version_once"),
        )


class SlaPolicy(Model):
    """What an organization promises, as last edited: `definition` holds targets, pauses, conditions and escalations.

    Policies are tried by `position`; the first whose conditions hold applies, else the default one. `targets` is of
    before versions. A deleted one stays as a row: clocks may name its versions.
    """

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    name = fields.CharField(200)
    position = fields.IntField(default=0)
    is_default = fields.BooleanField(default=False)
    targets: fields.Field[Any] = fields.JSONField(default=dict)
    definition: fields.Field[Any] = fields.JSONField(default=dict, db_default="{}")
    calendar = reference("BusinessCalendar", null=True, index=False)
    calendar_id: UUID | None
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_sla_policy"
        indexes = (
            Index(fields=("organization_id", "position", "id"), name="support_sla_policy_by_position"),
            Index(fields=("calendar_id",), name="support_sla_policy_by_calendar"),
        )


class SlaPolicyVersion(Model):
    """A policy as it once was or is, its position, default flag and calendar included; never changed."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    policy = reference("SlaPolicy", index=False)
    policy_id: UUID
    number = fields.IntField()
    definition: fields.Field[Any] = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_sla_policy_version"
        constraints = (UniqueConstraint(fields=("policy_id", "number"), name="support_sla_policy_version_once"),)


class TicketSla(Model):
    """Up to which event a ticket's clocks are reckoned, by what promise, and when something is next to be done.

    The id is the ticket's. `next_at` is the earliest warning, breach or escalation that has not been recorded; null
    when there is none.
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    seq = fields.BigIntField()
    policy_version = reference("SlaPolicyVersion", null=True)
    policy_version_id: UUID | None
    calendar_version = reference("BusinessCalendarVersion", null=True)
    calendar_version_id: UUID | None
    next_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_ticket_sla"
        indexes = (PostgreSQLIndex(fields=("next_at",), name="support_ticket_sla_by_next"),)


class SlaClockRow(Model):
    """One clock of a ticket, as of the event that its ticket is reckoned up to. `remaining` is in milliseconds.

    `position` is 0 for the first response, 1 for the resolution, and counts next responses from 2 on. `agent_id` is who
    met it, else to whom the ticket was assigned when it was met or breached. `warned`, `breach_recorded` and
    `escalated` (an object, whose names are steps of the policy) say what has been recorded of it.
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    ticket = reference("Ticket", index=False, on_delete=fields.CASCADE)
    ticket_id: UUID
    position = fields.IntField()
    kind = fields.CharEnumField(SlaClockKind, max_length=20)
    state = fields.CharEnumField(SlaState, max_length=10)
    priority = fields.CharEnumField(TicketPriority, max_length=10)
    started_at = fields.DatetimeField()
    target_seconds = fields.IntField(null=True)
    due_at = fields.DatetimeField(null=True)
    remaining = fields.BigIntField(null=True)
    warn_at = fields.DatetimeField(null=True)
    met_at = fields.DatetimeField(null=True)
    breached_at = fields.DatetimeField(null=True)
    paused_since = fields.DatetimeField(null=True)
    agent_id = fields.UUIDField(null=True)
    policy_version = reference("SlaPolicyVersion")
    policy_version_id: UUID
    calendar_version = reference("BusinessCalendarVersion", null=True)
    calendar_version_id: UUID | None
    warned = fields.BooleanField(default=False)
    breach_recorded = fields.BooleanField(default=False)
    escalated: fields.Field[Any] = fields.JSONField(default=dict, db_default="{}")

    class Meta:
        table = "support_sla_clock"
        indexes = (
            Index(fields=("organization_id", "started_at", "id"), name="support_sla_clock_by_start"),
            # What compliance is counted by.
            Index(
                Field("organization_id"),
                Coalesce(Field("breached_at"), Field("met_at"), Field("started_at")),
                name="support_sla_clock_by_judgement",
            ),
            PostgreSQLIndex(
                fields=("organization_id", "due_at"),
                condition={"state": SlaState.RUNNING.value},
                name="support_sla_clock_by_due",
            ),
        )
        constraints = (
            UniqueConstraint(fields=("ticket_id", "position"), name="support_sla_clock_position_once"),
            one_of("kind", SlaClockKind, "support_sla_clock_kind_known"),
            one_of("state", SlaState, "support_sla_clock_state_known"),
        )
