"""The idiomatic peer's models: only the columns that are shown or written."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from models.fields import new_id


class MemberRow(Model):
    """A person."""

    id = fields.UUIDField(primary_key=True)
    name = fields.TextField()
    email = fields.TextField(null=True)

    class Meta:
        table = "support_membership"


class TicketRow(Model):
    """A ticket."""

    id = fields.UUIDField(primary_key=True)
    organization_id = fields.UUIDField()
    number = fields.IntField()
    subject = fields.TextField()
    status = fields.TextField()
    priority = fields.TextField()
    requester_id = fields.UUIDField()
    assignee_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    public_updated_at = fields.DatetimeField()
    first_responded_at = fields.DatetimeField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    reopen_count = fields.IntField()
    version = fields.IntField()
    public_version = fields.IntField()
    message_count = fields.IntField()
    public_message_count = fields.IntField()
    last_message_id = fields.UUIDField(null=True)
    last_public_message_id = fields.UUIDField(null=True)

    class Meta:
        table = "support_ticket"


class MessageRow(Model):
    """A message."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    organization_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    author_id = fields.UUIDField(null=True)
    author_kind = fields.TextField()
    body = fields.TextField()
    internal = fields.BooleanField(default=False)
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_ticket_message"


class TagRow(Model):
    """A tag on a ticket."""

    id = fields.UUIDField(primary_key=True)
    ticket_id = fields.UUIDField()
    name = fields.TextField()

    class Meta:
        table = "support_ticket_tag"


class EventRow(Model):
    """A fact in the log."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    organization_id = fields.UUIDField()
    seq = fields.BigIntField()
    type = fields.TextField()
    ticket_id = fields.UUIDField()
    actor_kind = fields.TextField()
    actor_id = fields.UUIDField()
    visibility = fields.TextField()
    person_id = fields.UUIDField()
    data: fields.Field[Any] = fields.JSONField()
    reacts = fields.BooleanField(default=True)
    occurred_at = fields.DatetimeField()
    recorded_at = fields.DatetimeField()

    class Meta:
        table = "support_event"


class CounterRow(Model):
    """An organization's last event."""

    organization_id = fields.UUIDField(primary_key=True)
    seq = fields.BigIntField()

    class Meta:
        table = "support_event_counter"
