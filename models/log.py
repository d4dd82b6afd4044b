"""The log's tables: events and their counter, and what follows events: reactions and notifications."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from pypika_tortoise.functions import Coalesce
from pypika_tortoise.terms import Field
from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.actors import ActorKind
from models.fields import IndexWhere, key, new_id, one_of, reference
from models.sla import SlaClockKind


class Visibility(StrEnum):
    """Who may learn that an event happened, each set holding the next: staff and the ticket's own customer; staff;
    admins, and the member of staff who is named in the event. `PERSON` is for the one member named in it."""

    CUSTOMER = "customer"
    STAFF = "staff"
    ADMIN = "admin"
    PERSON = "person"


class ReactionStatus(StrEnum):
    """Where a reaction stands; a dead one has used up its attempts and waits for somebody."""

    DUE = "due"
    DONE = "done"
    DEAD = "dead"


class Lane(StrEnum):
    """How urgent a reaction is: somebody waits for it; it follows what happened; it may take until all else is done."""

    PEOPLE = "people"
    NORMAL = "normal"
    BULK = "bulk"


class NotificationKind(StrEnum):
    """What a notification is about."""

    TICKET_ASSIGNED = "ticket_assigned"
    CUSTOMER_REPLY = "customer_reply"
    MENTION = "mention"
    SLA_WARNING = "sla_warning"
    SLA_BREACHED = "sla_breached"
    SLA_ESCALATED = "sla_escalated"


class Event(Model):
    """One fact, never changed. Ids, enums and numbers only: free text stays in the rows, where it can be erased.

    `person_id` is the ticket's requester (visibility customer) or the one member concerned (person). `occurred_at` is
    when it happened, `recorded_at` when it was written down.
    """

    id: UUID = key()
    organization_id = fields.UUIDField()
    seq = fields.BigIntField()
    type = fields.CharField(40)
    ticket_id = fields.UUIDField(null=True)
    actor_kind = fields.CharEnumField(ActorKind, max_length=10)
    actor_id = fields.UUIDField(null=True)
    visibility = fields.CharEnumField(Visibility, max_length=10)
    person_id = fields.UUIDField(null=True)
    data: fields.Field[Any] = fields.JSONField()
    reacts = fields.BooleanField(default=True)
    occurred_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "support_event"
        indexes = (
            Index(fields=("ticket_id", "seq"), name="support_event_by_ticket"),
            Index(fields=("organization_id", "type", "seq"), name="support_event_by_type"),
            Index(fields=("person_id", "seq"), name="support_event_by_person"),
            Index(fields=("actor_id", "type", "seq"), name="support_event_by_actor"),
            Index(fields=("organization_id", "actor_kind", "type", "seq"), name="support_event_by_actor_kind"),
        )
        constraints = (
            UniqueConstraint(fields=("organization_id", "seq"), name="support_event_seq_once"),
            one_of("visibility", Visibility, "support_event_visibility_known"),
            one_of("actor_kind", ActorKind, "support_event_actor_known"),
            CheckConstraint(check="seq > 0", name="support_event_seq_positive"),
            CheckConstraint(
                check="visibility NOT IN ('customer', 'person') OR person_id IS NOT NULL",
                name="support_event_names_its_person",
            ),
        )


class EventCounter(Model):
    """An organization's last event and ticket number, bumped only by a write's last statement.

    `epoch` changes when a log is restored or rewritten: cursors of another epoch are worth nothing. `quota_used` counts
    the tickets opened in the calendar month (UTC) that begins on `quota_month`; imported ones don't count.
    """

    organization_id = fields.UUIDField(primary_key=True, default=new_id)
    epoch = fields.IntField(default=1)
    seq = fields.BigIntField(default=0)
    ticket_number = fields.IntField(default=0)
    quota_month = fields.DateField(null=True)
    quota_used = fields.IntField(default=0, db_default=0)

    class Meta:
        table = "support_event_counter"


class RelayPosition(Model):
    """Up to which event of an organization reactions have been planned."""

    organization_id = fields.UUIDField(primary_key=True, default=new_id)
    seq = fields.BigIntField(default=0)

    class Meta:
        table = "support_relay_position"


class Reaction(Model):
    """A task that follows an event; at most one of each name an event. Whoever holds the lease works on it.

    `attempts` are the claims so far, of which `excused` don't count: put off, interrupted, or lost before they had
    `begun`. While it `waits`, nobody can do anything before the lease is over, or the rest (`due_at`).
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    event_id = fields.UUIDField()
    name = fields.CharField(60)
    status = fields.CharEnumField(ReactionStatus, max_length=10, default=ReactionStatus.DUE)
    lane = fields.CharEnumField(Lane, max_length=10, default=Lane.NORMAL, db_default="normal")
    attempts = fields.IntField(default=0)
    excused = fields.IntField(default=0, db_default=0)
    due_at = fields.DatetimeField()
    waits = fields.BooleanField(default=False, db_default=False)
    leased_until = fields.DatetimeField(null=True)
    begun = fields.BooleanField(default=False, db_default=False)
    error = fields.TextField(null=True)
    created_at = fields.DatetimeField()
    finished_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_reaction"
        indexes = (
            PostgreSQLIndex(fields=("due_at", "id"), condition={"status": "due"}, name="support_reaction_by_due"),
            PostgreSQLIndex(
                fields=("lane", "organization_id", "due_at", "id"),
                condition={"status": "due", "waits": False},
                name="support_reaction_by_turn",
            ),
            PostgreSQLIndex(
                Coalesce(Field("leased_until"), Field("due_at")),
                condition={"status": "due", "waits": True},
                name="support_reaction_by_wait",
            ),
            PostgreSQLIndex(fields=("finished_at",), condition={"status": "done"}, name="support_reaction_by_end"),
            PostgreSQLIndex(
                fields=("organization_id", "finished_at", "id"),
                condition={"status": "dead"},
                name="support_reaction_by_death",
            ),
        )
        constraints = (
            UniqueConstraint(fields=("event_id", "name"), name="support_reaction_once_per_event"),
            one_of("status", ReactionStatus, "support_reaction_status_known"),
            one_of("lane", Lane, "support_reaction_lane_known"),
        )


class Notification(Model):
    """Something that one member should look at, made from one event. `kind` is a NotificationKind.

    One that is not `in_app` is there for the digest only, and seen nowhere else. `digest_at` is when it is to be in
    one, until that is begun; `digest_id` is then the event that says so. `actor_id` is the member who gave the
    occasion, `message_id` the message in which they did, `clock` the kind of clock that did.
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    user = reference("Membership", index=False, on_delete=fields.CASCADE)
    user_id: UUID
    event_id = fields.UUIDField()
    kind = fields.CharField(40)
    ticket = reference("Ticket", null=True)
    ticket_id: UUID | None
    actor_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)
    clock = fields.CharEnumField(SlaClockKind, max_length=20, null=True)
    in_app = fields.BooleanField(default=True, db_default=True)
    created_at = fields.DatetimeField()
    read_at = fields.DatetimeField(null=True)
    digest_at = fields.DatetimeField(null=True)
    digest_id = fields.UUIDField(null=True)

    class Meta:
        table = "support_notification"
        indexes = (
            Index(fields=("user_id", "created_at", "id"), name="support_notification_by_user"),
            # Counted for every badge, and a list of its own: a member has few unread ones and many that were read.
            IndexWhere("read_at IS NULL AND in_app", ("user_id", "created_at", "id"), "support_notification_unread"),
            IndexWhere("digest_at IS NOT NULL", ("digest_at", "user_id"), "support_notification_for_digest"),
            IndexWhere("digest_id IS NOT NULL", ("digest_id", "created_at"), "support_notification_in_digest"),
        )
        constraints = (
            UniqueConstraint(fields=("user_id", "event_id", "kind"), name="support_notification_once_per_event"),
        )
