"""Tickets and what hangs on them: messages, tags, categories, ratings."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.actors import ActorKind
from models.fields import at_most, key, one_of, reference
from models.lifecycle import TicketPriority, TicketStatus
from models.sla import SlaState

SUBJECT_LIMIT = 300
BODY_LIMIT = 50_000
TAG_LIMIT = 50


class Category(Model):
    """What a ticket is about, from the organization's own list. A deleted one is seen by nobody; its id is its name."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    name = fields.CharField(100)
    description = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_category"
        constraints = (UniqueConstraint(fields=("organization_id", "name"), name="support_category_name_once"),)


# What `sla_due_at` says where nothing is due: lists are sorted by it, and an order knows no null.
NEVER_DUE = datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)


class Ticket(Model):
    """A customer's problem and where it stands.

    `public_version`, `public_updated_at`, `public_message_count` and `last_public_message_id` move only with what the
    customer may see, so that an internal note leaves no trace in what the customer reads. `external_id` is the ticket's
    name in the system that it was imported from. `sla_state` and `sla_due_at` are those of its most urgent unmet clock.
    """

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    number = fields.IntField()
    version = fields.IntField(default=1)
    public_version = fields.IntField(default=1)
    subject = fields.TextField()
    status = fields.CharEnumField(TicketStatus, max_length=20, default=TicketStatus.OPEN)
    priority = fields.CharEnumField(TicketPriority, max_length=10, default=TicketPriority.MEDIUM)
    category = reference("Category", null=True, index=False, on_delete=fields.SET_NULL)
    category_id: UUID | None
    requester = reference("Membership", index=False)
    requester_id: UUID
    assignee = reference("Membership", null=True, index=False)
    assignee_id: UUID | None
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    public_updated_at = fields.DatetimeField()
    first_responded_at = fields.DatetimeField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    pending_until = fields.DatetimeField(null=True)
    reopen_count = fields.IntField(default=0)
    ai_resolved = fields.BooleanField(default=False)
    ai_triaged = fields.BooleanField(default=False)
    follow_up_of = reference("Ticket", null=True)
    follow_up_of_id: UUID | None
    message_count = fields.IntField(default=0)
    public_message_count = fields.IntField(default=0)
    last_message_id = fields.UUIDField(null=True)
    last_public_message_id = fields.UUIDField(null=True)
    external_id = fields.CharField(200, null=True)
    sla_state = fields.CharEnumField(SlaState, max_length=10, null=True)
    sla_due_at = fields.DatetimeField(default=NEVER_DUE, db_default=NEVER_DUE)

    class Meta:
        table = "support_ticket"
        indexes = (
            Index(fields=("organization_id", "created_at", "id"), name="support_ticket_by_creation"),
            Index(fields=("organization_id", "updated_at", "id"), name="support_ticket_by_update"),
            Index(fields=("organization_id", "status", "created_at", "id"), name="support_ticket_by_status"),
            Index(fields=("assignee_id", "status", "created_at", "id"), name="support_ticket_by_assignee"),
            Index(fields=("assignee_id", "updated_at", "id"), name="support_ticket_by_assignee_update"),
            Index(fields=("category_id", "created_at", "id"), name="support_ticket_by_category"),
            Index(fields=("requester_id", "created_at", "id"), name="support_ticket_by_requester"),
            Index(fields=("requester_id", "public_updated_at", "id"), name="support_ticket_by_public_update"),
            Index(fields=("organization_id", "sla_due_at", "id"), name="support_ticket_by_sla_due"),
            PostgreSQLIndex(fields=("pending_until",), condition={"status": "pending"}, name="support_ticket_snoozed"),
            PostgreSQLIndex(
                fields=("organization_id", "resolved_at"),
                condition={"status": "resolved"},
                name="support_ticket_to_close",
            ),
        )
        constraints = (
            UniqueConstraint(fields=("organization_id", "number"), name="support_ticket_number_once"),
            UniqueConstraint(fields=("organization_id", "external_id"), name="support_ticket_external_id_once"),
            one_of("status", TicketStatus, "support_ticket_status_known"),
            one_of("priority", TicketPriority, "support_ticket_priority_known"),
            at_most("subject", SUBJECT_LIMIT, "support_ticket_subject_short"),
            CheckConstraint(check="number > 0", name="support_ticket_number_positive"),
            CheckConstraint(
                check="version >= 1 AND public_version BETWEEN 1 AND version", name="support_ticket_versions_ordered"
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
                check="(status = 'closed') = (closed_at IS NOT NULL)",
                name="support_ticket_closed_has_a_time",
            ),
        )


class TicketMessage(Model):
    """One entry of a ticket's thread. An internal note is a message that no customer ever sees."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    ticket = reference("Ticket", index=False)
    ticket_id: UUID
    author = reference("Membership", null=True)
    author_id: UUID | None
    author_kind = fields.CharEnumField(ActorKind, max_length=10)
    body = fields.TextField()
    internal = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()
    canned_response = reference("CannedResponse", null=True, on_delete=fields.SET_NULL)
    canned_response_id: UUID | None
    suggestion = reference("AiSuggestion", null=True, on_delete=fields.SET_NULL)
    suggestion_id: UUID | None

    class Meta:
        table = "support_ticket_message"
        indexes = (
            Index(fields=("ticket_id", "created_at", "id"), name="support_ticket_message_by_ticket"),
            Index(fields=("organization_id", "created_at", "id"), name="support_ticket_message_by_time"),
        )
        constraints = (
            one_of("author_kind", ActorKind, "support_ticket_message_author_known"),
            at_most("body", BODY_LIMIT, "support_ticket_message_body_short"),
            CheckConstraint(
                check="(author_kind IN ('agent', 'customer')) = (author_id IS NOT NULL)",
                name="support_ticket_message_people_are_named",
            ),
            CheckConstraint(
                check="NOT (internal AND author_kind = 'customer')",
                name="support_ticket_message_customers_write_openly",
            ),
        )


class Tag(Model):
    """A tag in use, case-folded. Events name tags by these ids, for a tag may hold a person's name."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    name = fields.CharField(TAG_LIMIT)

    class Meta:
        table = "support_tag"
        constraints = (
            UniqueConstraint(fields=("organization_id", "name"), name="support_tag_name_once"),
            CheckConstraint(check="name <> ''", name="support_tag_has_a_name"),
        )


class TicketTag(Model):
    """One tag on one ticket, case-folded."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    ticket = reference("Ticket", index=False, on_delete=fields.CASCADE)
    ticket_id: UUID
    name = fields.CharField(TAG_LIMIT)

    class Meta:
        table = "support_ticket_tag"
        indexes = (Index(fields=("organization_id", "name", "ticket_id"), name="support_ticket_tag_by_name"),)
        constraints = (
            UniqueConstraint(fields=("ticket_id", "name"), name="support_ticket_tag_once"),
            CheckConstraint(check="name <> ''", name="support_ticket_tag_not_empty"),
        )


class Satisfaction(Model):
    """A customer's rating, 1 to 5, of how a ticket was resolved by the event `resolution_id`, once for each.

    Of ratings that are older than that, nobody knows which resolution they mean.
    """

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    ticket = reference("Ticket")
    ticket_id: UUID
    resolution_id = fields.UUIDField(null=True)
    agent = reference("Membership", null=True, index=False)
    agent_id: UUID | None
    rating = fields.SmallIntField()
    comment = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    changed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_satisfaction"
        indexes = (
            Index(fields=("organization_id", "created_at", "id"), name="support_satisfaction_by_time"),
            Index(fields=("agent_id", "created_at", "id"), name="support_satisfaction_by_agent"),
        )
        constraints = (
            UniqueConstraint(fields=("resolution_id",), name="support_satisfaction_once_a_resolution"),
            CheckConstraint(check="rating BETWEEN 1 AND 5", name="support_satisfaction_one_to_five"),
        )
