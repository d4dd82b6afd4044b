"""What clients send to change what an organization keeps beside its tickets."""

from __future__ import annotations

import strawberry

from graphql_api.types import enums as enums
from models.assistance import ArticleKind


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    """Admins only."""

    name: str = strawberry.field(
        description="The name, at most 100 characters; unique among categories, ignoring case."
    )
    description: str | None = strawberry.field(default=None, description="When to choose it, at most 1,000 characters.")


@strawberry.input(description="What to change about a category; what is left out stays.")
class UpdateCategoryInput:
    """Admins only."""

    category_id: strawberry.ID = strawberry.field(description="The category.")
    name: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new name.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="When to choose it; null removes the description."
    )


@strawberry.input(description="A new canned response.")
class CreateCannedResponseInput:
    """For agents."""

    title: str = strawberry.field(description="The title by which agents find it, at most 200 characters.")
    shortcut: str = strawberry.field(
        description="What agents type to insert it: at most 50 letters, digits and - _ . in any case; unique "
        "among canned responses."
    )
    body: str = strawberry.field(
        description="The text, in Markdown, at most 50,000 characters. Variables: `{{ticket.number}}`, "
        "`{{ticket.subject}}`, `{{ticket.status}}`, `{{ticket.category}}`, `{{requester.name}}`, "
        "`{{requester.email}}`, `{{agent.name}}`, `{{organization.name}}`; "
        "a backslash before the braces makes them plain text."
    )
    folder: str | None = strawberry.field(default=None, description="The folder to put it in, at most 100 characters.")


@strawberry.input(description="What to change about a canned response; what is left out stays.")
class UpdateCannedResponseInput:
    """For agents."""

    canned_response_id: strawberry.ID = strawberry.field(description="The canned response.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; `CONFLICT` if it has changed since."
    )
    title: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new title.")
    shortcut: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new shortcut.")
    body: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new text.")
    folder: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new folder; null: none.")


@strawberry.input(description="What to change about the settings; what is left out stays.")
class SupportSettingsInput:
    """Admins only."""

    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; `CONFLICT` if it has changed since."
    )
    classification_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the AI classifies new tickets. It does not yet: the value is only stored."
    )
    suggestions_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the AI drafts replies."
    )
    auto_resolve_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None,
        description="Whether the AI may resolve tickets by itself. It does not yet: the value is only stored.",
    )
    auto_resolve_threshold: strawberry.Maybe[float | None] = strawberry.field(
        default=None,
        description="The confidence from which the AI may resolve a ticket by itself, 0 to 1. It does not yet: "
        "the value is only stored.",
    )
    auto_close_after_hours: strawberry.Maybe[int | None] = strawberry.field(
        default=None,
        description="After how many hours a resolved ticket is closed, at most 8,760; 0: at once; null: never. "
        "A change also applies to tickets that are already resolved.",
    )
    reopen_window_days: strawberry.Maybe[int | None] = strawberry.field(
        default=None,
        description="For how many days customers may reopen a closed ticket, at most 3,650; null: without limit.",
    )
    from_email: strawberry.Maybe[str | None] = strawberry.field(
        default=None,
        description="The address for replies to mail; null: the deployment's. Mail also comes from it once the "
        "operator has verified its domain.",
    )
    from_name: strawberry.Maybe[str | None] = strawberry.field(
        default=None,
        description="The sender's name in mail, in one line of at most 200 characters; null: the deployment's.",
    )
    csat_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether customers get a survey after a resolution."
    )
    csat_delay_minutes: strawberry.Maybe[int | None] = strawberry.field(
        default=None, description="After how many minutes the survey is sent, at most 43,200."
    )
    locale: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The language of mail and pages: `en` or `de`."
    )
    timezone: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The organization's IANA time zone, such as Europe/Berlin; `viewer` shows it."
    )


@strawberry.input(description="A new article.")
class CreateArticleInput:
    """For agents."""

    title: str = strawberry.field(description="The title, in one line of at most 300 characters.")
    body: str = strawberry.field(description="The text, in Markdown, at most 200,000 characters.")
    kind: ArticleKind = strawberry.field(
        default=ArticleKind.HELP_CENTER, description="Who may read it; customers, if left out."
    )
    url: str | None = strawberry.field(
        default=None, description="Where customers read it: http or https, at most 2,000 characters."
    )
    category: str | None = strawberry.field(
        default=None, description="Its section of the help centre, at most 200 characters."
    )


@strawberry.input(description="What to change about an article; what is left out stays.")
class UpdateArticleInput:
    """For agents."""

    article_id: strawberry.ID = strawberry.field(description="The article.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; `CONFLICT` if it has changed since."
    )
    title: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new title.")
    body: strawberry.Maybe[str | None] = strawberry.field(default=None, description="The new text.")
    kind: strawberry.Maybe[ArticleKind | None] = strawberry.field(default=None, description="Who may read it.")
    url: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Where customers read it; null: nowhere."
    )
    category: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Its section of the help centre; null: none."
    )
