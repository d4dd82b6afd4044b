"""Organizations, the people in them, and what lets people in."""

from __future__ import annotations

from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.contrib.postgres.indexes import PostgreSQLIndex
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.actors import Role
from models.fields import key, one_of, reference


class MemberChange(StrEnum):
    """What became of a member."""

    INVITED = "invited"
    JOINED = "joined"
    ROLE_CHANGED = "role_changed"
    REMOVED = "removed"
    ANONYMIZED = "anonymized"
    ERASED = "erased"


class TokenChange(StrEnum):
    """What became of an API token."""

    CREATED = "created"
    REVOKED = "revoked"


class Organization(Model):
    """A tenant: nothing crosses from one to another."""

    id: UUID = key()
    name = fields.CharField(200)
    slug = fields.CharField(100, unique=True)
    timezone = fields.CharField(64, default="UTC")
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_organization"


class User(Model):
    """A person's account: what they sign in with. In an organization they are a membership."""

    id: UUID = key()
    email = fields.CharField(320, unique=True)
    password_hash = fields.CharField(255, null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_user"


class Membership(Model):
    """A person in one organization; the API calls it User. Customers have one without an account.

    `email` is case-folded. It is null once the person is anonymized.
    """

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    user = reference("User", null=True, on_delete=fields.SET_NULL)
    user_id: UUID | None
    role = fields.CharEnumField(Role, max_length=10)
    name = fields.CharField(200)
    email = fields.CharField(320, null=True)
    timezone = fields.CharField(64, null=True)
    created_at = fields.DatetimeField()
    deactivated_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_membership"
        indexes = (
            Index(fields=("organization_id", "role", "name", "id"), name="support_membership_by_role"),
            Index(fields=("organization_id", "name", "id"), name="support_membership_by_name"),
        )
        constraints = (
            UniqueConstraint(fields=("organization_id", "email"), name="support_membership_email_once"),
            one_of("role", Role, "support_membership_role_known"),
        )


class ApiToken(Model):
    """A bearer token of one member, acting in a role that is at most the member's. Only its SHA-256 is kept."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    membership = reference("Membership", on_delete=fields.CASCADE)
    membership_id: UUID
    name = fields.CharField(100)
    role = fields.CharEnumField(Role, max_length=10)
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    expires_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_api_token"
        constraints = (
            UniqueConstraint(fields=("token_hash",), name="support_api_token_hash_once"),
            one_of("role", Role, "support_api_token_role_known"),
        )


class Session(Model):
    """A browser's signed-in session; only the SHA-256 of its cookie is kept."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    membership = reference("Membership", on_delete=fields.CASCADE)
    membership_id: UUID
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()

    class Meta:
        table = "support_session"
        indexes = (PostgreSQLIndex(fields=("expires_at",), name="support_session_by_expiry"),)
        constraints = (UniqueConstraint(fields=("token_hash",), name="support_session_hash_once"),)


class Invitation(Model):
    """A one-time link by which an invited member sets a password; only the SHA-256 of its token is kept."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    membership = reference("Membership", on_delete=fields.CASCADE)
    membership_id: UUID
    token_hash = fields.BinaryField()
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    accepted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_invitation"
        constraints = (UniqueConstraint(fields=("token_hash",), name="support_invitation_hash_once"),)


class SignInThrottle(Model):
    """How often somebody tried to sign in since `since`, from one address or at one account.

    `id` is a SHA-256 in hexadecimal digits, so that the table holds nobody's address.
    """

    id = fields.CharField(64, primary_key=True)
    since = fields.DatetimeField()
    tries = fields.IntField()

    class Meta:
        table = "support_sign_in_throttle"
        indexes = (PostgreSQLIndex(fields=("since",), name="support_sign_in_throttle_by_time"),)


class IdempotencyKey(Model):
    """What became of a mutation that was sent with an Idempotency-Key, written in the mutation's own transaction.

    `caller_id` is the token or session that sent it, `path` the field's path in the response, `request_hash` the
    SHA-256 of the request, `result` what the field's answer is read again from.
    """

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    caller_id = fields.UUIDField()
    name = fields.CharField(255)
    path = fields.CharField(200)
    request_hash = fields.BinaryField()
    result: fields.Field[Any] = fields.JSONField()
    created_at = fields.DatetimeField()

    class Meta:
        table = "support_idempotency_key"
        indexes = (PostgreSQLIndex(fields=("created_at",), name="support_idempotency_key_by_time"),)
        constraints = (UniqueConstraint(fields=("caller_id", "name", "path"), name="support_idempotency_key_once"),)


class SavedView(Model):
    """A list of tickets to be found again. `ticket_filter` and `ticket_order` are as clients send them."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    owner = reference("Membership", on_delete=fields.CASCADE)
    owner_id: UUID
    name = fields.CharField(100)
    ticket_filter: fields.Field[Any] = fields.JSONField()
    search = fields.CharField(200, null=True)
    ticket_order: fields.Field[Any] = fields.JSONField(null=True)
    shared = fields.BooleanField(default=False)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()

    class Meta:
        table = "support_saved_view"
        indexes = (Index(fields=("organization_id", "name", "id"), name="support_saved_view_by_name"),)


class Settings(Model):
    """An organization's choices, one row each. Null hours or days mean never.

    `verified_domain` is the operator's word that mail from addresses there may be sent by this deployment.
    """

    id: UUID = key()
    organization: fields.OneToOneRelation[Organization] = fields.OneToOneField(
        "models.Organization", related_name=False, on_delete=fields.CASCADE
    )
    organization_id: UUID
    classification_enabled = fields.BooleanField(default=True)
    suggestions_enabled = fields.BooleanField(default=True)
    auto_resolve_enabled = fields.BooleanField(default=False)
    auto_resolve_threshold = fields.FloatField(default=0.9)
    auto_close_after_hours = fields.IntField(null=True, default=72)
    reopen_window_days = fields.IntField(null=True, default=30)
    from_email = fields.CharField(320, null=True)
    from_name = fields.CharField(200, null=True)
    verified_domain = fields.CharField(253, null=True)
    csat_enabled = fields.BooleanField(default=True)
    csat_delay_minutes = fields.IntField(default=60)
    locale = fields.CharField(10, default="en")
    monthly_ticket_quota = fields.IntField(null=True)
    version = fields.IntField(default=1)
    updated_at = fields.DatetimeField()

    class Meta:
        table = "support_settings"
        constraints = (
            CheckConstraint(
                check="auto_resolve_threshold BETWEEN 0 AND 1", name="support_settings_threshold_is_a_probability"
            ),
            CheckConstraint(
                check="auto_close_after_hours >= 0 AND reopen_window_days >= 0 AND csat_delay_minutes >= 0"
                " AND monthly_ticket_quota >= 0",
                name="support_settings_durations_not_negative",
            ),
        )
