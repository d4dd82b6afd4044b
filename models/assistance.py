"""What helps agents answer: help-centre articles and their chunks, canned responses, AI drafts."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from models.fields import key, one_of, reference


class ArticleKind(StrEnum):
    """A help-centre article is public; a snippet is the organization's own note for answers."""

    HELP_CENTER = "help_center"
    SNIPPET = "snippet"


class SuggestionStatus(StrEnum):
    """What became of a draft."""

    GENERATING = "generating"
    PENDING = "pending"
    ACCEPTED = "accepted"
    EDITED = "edited"
    DISMISSED = "dismissed"
    SENT_BY_AI = "sent_by_ai"
    FAILED = "failed"


class Article(Model):
    """A page of the organization's help centre. `external_id` is its name where it was imported from."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    kind = fields.CharEnumField(ArticleKind, max_length=20, default=ArticleKind.HELP_CENTER)
    title = fields.TextField()
    body = fields.TextField()
    url = fields.TextField(null=True)
    category = fields.TextField(null=True)
    section = fields.TextField(null=True)
    external_id = fields.CharField(200, null=True)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    indexed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_article"
        indexes = (Index(fields=("organization_id", "updated_at", "id"), name="support_article_by_update"),)
        constraints = (
            UniqueConstraint(fields=("organization_id", "external_id"), name="support_article_external_id_once"),
            one_of("kind", ArticleKind, "support_article_kind_known"),
        )


class ArticleChunk(Model):
    """A quotable piece of an article and its vector (float32, little-endian) by `model`."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    article = reference("Article", index=False, on_delete=fields.CASCADE)
    article_id: UUID
    position = fields.IntField()
    heading = fields.TextField(null=True)
    text = fields.TextField()
    text_hash = fields.CharField(64)
    model = fields.CharField(100)
    embedding = fields.BinaryField()

    class Meta:
        table = "support_article_chunk"
        indexes = (Index(fields=("organization_id", "article_id"), name="support_article_chunk_by_organization"),)
        constraints = (UniqueConstraint(fields=("article_id", "position"), name="support_article_chunk_position_once"),)


class CannedResponse(Model):
    """An answer written once and sent often. A deleted one is seen by nobody, and has no shortcut."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    title = fields.CharField(200)
    shortcut = fields.CharField(50, null=True)
    body = fields.TextField()
    folder = fields.CharField(100, null=True)
    usage_count = fields.IntField(default=0)
    last_used_at = fields.DatetimeField(null=True)
    version = fields.IntField(default=1)
    created_at = fields.DatetimeField()
    updated_at = fields.DatetimeField()
    deleted_at = fields.DatetimeField(null=True)

    class Meta:
        table = "support_canned_response"
        indexes = (Index(fields=("organization_id", "title", "id"), name="support_canned_response_by_title"),)
        constraints = (
            UniqueConstraint(fields=("organization_id", "shortcut"), name="support_canned_response_shortcut_once"),
            CheckConstraint(check="usage_count >= 0", name="support_canned_response_usage_not_negative"),
        )


class CannedResponseUse(Model):
    """A canned response was sent: by whom, when, on which ticket. It outlives the canned response."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    canned_response = reference("CannedResponse", null=True, index=False, on_delete=fields.SET_NULL)
    canned_response_id: UUID | None
    agent = reference("Membership", null=True)
    agent_id: UUID | None
    ticket = reference("Ticket")
    ticket_id: UUID
    used_at = fields.DatetimeField()

    class Meta:
        table = "support_canned_response_use"
        indexes = (
            Index(fields=("canned_response_id", "used_at", "id"), name="support_canned_response_use_by_response"),
            Index(fields=("organization_id", "used_at", "id"), name="support_canned_response_use_by_time"),
        )


class AiSuggestion(Model):
    """A draft answer by the AI and what an agent made of it. `event_id` is the event that it answers."""

    id: UUID = key()
    organization = reference("Organization", index=False)
    organization_id: UUID
    ticket = reference("Ticket", index=False)
    ticket_id: UUID
    status = fields.CharEnumField(SuggestionStatus, max_length=20)
    body = fields.TextField(null=True)
    confidence = fields.FloatField(null=True)
    answerable = fields.BooleanField(null=True)
    model = fields.CharField(100, null=True)
    event_id = fields.UUIDField(null=True)
    created_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)
    decided_by = reference("Membership", null=True)
    decided_by_id: UUID | None
    sent_body = fields.TextField(null=True)
    edit_distance = fields.FloatField(null=True)
    reason = fields.TextField(null=True)

    class Meta:
        table = "support_ai_suggestion"
        indexes = (
            Index(fields=("ticket_id", "created_at", "id"), name="support_ai_suggestion_by_ticket"),
            Index(fields=("organization_id", "created_at", "id"), name="support_ai_suggestion_by_time"),
        )
        constraints = (
            UniqueConstraint(fields=("event_id",), name="support_ai_suggestion_once_per_event"),
            one_of("status", SuggestionStatus, "support_ai_suggestion_status_known"),
            CheckConstraint(
                check="confidence BETWEEN 0 AND 1 AND edit_distance BETWEEN 0 AND 1",
                name="support_ai_suggestion_fractions",
            ),
            CheckConstraint(
                check="(status IN ('accepted', 'edited', 'dismissed')) = (decided_at IS NOT NULL)",
                name="support_ai_suggestion_decision_has_a_time",
            ),
        )


class SuggestionSource(Model):
    """A passage that a draft cites, as it read at the time. The article may be gone since."""

    id: UUID = key()
    organization = reference("Organization")
    organization_id: UUID
    suggestion = reference("AiSuggestion", index=False, on_delete=fields.CASCADE)
    suggestion_id: UUID
    position = fields.IntField()
    article = reference("Article", null=True, on_delete=fields.SET_NULL)
    article_id: UUID | None
    title = fields.TextField()
    heading = fields.TextField(null=True)
    excerpt = fields.TextField()
    url = fields.TextField(null=True)
    score = fields.FloatField()

    class Meta:
        table = "support_suggestion_source"
        constraints = (
            UniqueConstraint(fields=("suggestion_id", "position"), name="support_suggestion_source_position_once"),
        )
