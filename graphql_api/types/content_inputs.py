"""What clients send to change what an organization keeps beside its tickets."""

from __future__ import annotations

import strawberry

from graphql_api.types import enums as enums
from models.assistance import ArticleKind


@strawberry.input(description="A new category.")
class CreateCategoryInput:
    """Admins only."""

    name: str = strawberry.field(
        description="The name, at most 100 characters; no other category's, whatever the case of the letters."
    )
    description: str | None = strawberry.field(default=None, description="When to choose it, at most 1,000 characters.")


@strawberry.input(description="What to change of a category; what is left out stays.")
class UpdateCategoryInput:
    """Admins only."""

    category_id: strawberry.ID = strawberry.field(description="The category.")
    name: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another name.")
    description: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="When to choose it; null takes the description away."
    )


@strawberry.input(description="A new canned response.")
class CreateCannedResponseInput:
    """For agents."""

    title: str = strawberry.field(description="What agents find it by, at most 200 characters.")
    shortcut: str = strawberry.field(
        description="What agents type to insert it, at most 50 letters, digits and - _ . of any case; no other "
        "canned response's."
    )
    body: str = strawberry.field(
        description="The text, in Markdown, at most 50,000 characters. Variables: `{{ticket.number}}`, "
        "`{{ticket.subject}}`, `{{ticket.status}}`, `{{ticket.category}}`, `{{requester.name}}`, "
        "`{{requester.email}}`, `{{agent.name}}`, `{{organization.name}}`; "
        "a backslash before the braces makes them plain text."
    )
    folder: str | None = strawberry.field(default=None, description="Where to keep it, at most 100 characters.")


@strawberry.input(description="What to change of a canned response; what is left out stays.")
class UpdateCannedResponseInput:
    """For agents."""

    canned_response_id: strawberry.ID = strawberry.field(description="The canned response.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; CONFLICT if it is another by now."
    )
    title: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another title.")
    shortcut: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another shortcut.")
    body: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another text.")
    folder: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Another folder; null takes it out of its folder."
    )


@strawberry.input(description="What to change of the settings; what is left out stays.")
class SupportSettingsInput:
    """Admins only."""

    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; CONFLICT if it is another by now."
    )
    classification_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the AI sorts new tickets."
    )
    suggestions_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the AI drafts answers."
    )
    auto_resolve_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether the AI may resolve tickets by itself."
    )
    auto_resolve_threshold: strawberry.Maybe[float | None] = strawberry.field(
        default=None, description="How sure the AI must be to resolve a ticket by itself, 0 to 1."
    )
    auto_close_after_hours: strawberry.Maybe[int | None] = strawberry.field(
        default=None,
        description="How long a resolved ticket waits to be closed, at most 8,760 hours; 0: not at all; "
        "null: for ever.",
    )
    reopen_window_days: strawberry.Maybe[int | None] = strawberry.field(
        default=None,
        description="How long customers may bring a closed ticket back, at most 3,650 days; null: for ever.",
    )
    from_email: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The address that mail comes from; null: the deployment's."
    )
    from_name: strawberry.Maybe[str | None] = strawberry.field(
        default=None,
        description="The name that mail comes from, in one line of at most 200 characters; null: the deployment's.",
    )
    csat_enabled: strawberry.Maybe[bool | None] = strawberry.field(
        default=None, description="Whether customers are asked how they liked it."
    )
    csat_delay_minutes: strawberry.Maybe[int | None] = strawberry.field(
        default=None, description="How long after the resolution they are asked, at most 43,200 minutes."
    )
    locale: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The language of what the helpdesk writes by itself: `en` or `de`."
    )
    timezone: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The organization's IANA time zone, such as Europe/Berlin; `viewer` shows it."
    )


@strawberry.input(description="A new article.")
class CreateArticleInput:
    """For agents."""

    title: str = strawberry.field(description="The title, in a line of at most 300 characters.")
    body: str = strawberry.field(description="The text, in Markdown, at most 200,000 characters.")
    kind: ArticleKind = strawberry.field(
        default=ArticleKind.HELP_CENTER, description="Who it is for; customers, where left out."
    )
    url: str | None = strawberry.field(
        default=None, description="Where customers read it: http or https, at most 2,000 characters."
    )
    category: str | None = strawberry.field(
        default=None, description="The part of the help centre that it stands in, at most 200 characters."
    )


@strawberry.input(description="What to change of an article; what is left out stays.")
class UpdateArticleInput:
    """For agents."""

    article_id: strawberry.ID = strawberry.field(description="The article.")
    expected_version: int | None = strawberry.field(
        default=None, description="The version that you have read; CONFLICT if it is another by now."
    )
    title: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another title.")
    body: strawberry.Maybe[str | None] = strawberry.field(default=None, description="Another text.")
    kind: strawberry.Maybe[ArticleKind | None] = strawberry.field(default=None, description="Who it is for.")
    url: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="Where customers read it; null: nowhere."
    )
    category: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="The part of the help centre that it stands in; null: none."
    )
