"""What an organization chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from graphql_api.reading.reads import Loaded, RowType, column, computed, loaded
from models.actors import Actor
from models.database import Fetch
from models.organizations import Settings
from resolvers.mail_domains import may_write_as
from resolvers.quota import QuotaUse, quota_use


@strawberry.type(name="QuotaUse", description="The use of a monthly quota.")
class QuotaUseType:
    """A number, its limit, and when it begins anew."""

    used: int = strawberry.field(description="How many were used in this calendar month (UTC).")
    limit: int | None = strawberry.field(description="The quota; null: unlimited. The operator sets it.")
    resets_at: datetime = strawberry.field(description="When the next month begins.")


def _organization(row: Mapping[str, Any], _arguments: Mapping[str, Any]) -> Any:
    return row["organization_id"]


async def _use(actor: Actor, fetch: Fetch, organizations: Sequence[UUID]) -> list[QuotaUse]:
    # Somebody sees the settings of one organization only.
    return [await quota_use(actor, fetch) for _ in organizations]


def _shown(_row: Mapping[str, Any], use: QuotaUse) -> QuotaUseType:
    return QuotaUseType(used=use.used, limit=use.limit, resets_at=use.resets_at)


def _verified(row: Mapping[str, Any], _actor: Actor) -> bool:
    return may_write_as(row["from_email"], row["verified_domain"])


@strawberry.type(name="SupportSettings", description="The organization's settings.")
class SupportSettingsType(RowType):
    """Rows of support_settings, one an organization."""

    table = Settings
    prefix = "set"

    classification_enabled: bool = column(
        "classification_enabled", "Whether the AI classifies new tickets. It does not yet: the value is only stored."
    )
    suggestions_enabled: bool = column("suggestions_enabled", "Whether the AI drafts replies.")
    auto_resolve_enabled: bool = column(
        "auto_resolve_enabled",
        "Whether the AI may resolve tickets by itself. It does not yet: the value is only stored.",
    )
    auto_resolve_threshold: float = column(
        "auto_resolve_threshold",
        "The confidence from which the AI may resolve a ticket by itself, 0 to 1. It does not yet: "
        "the value is only stored.",
    )
    auto_close_after_hours: int | None = column(
        "auto_close_after_hours",
        "After how many hours a resolved ticket is closed; 0: at once; null: never. A change also goes for tickets "
        "that are already resolved.",
    )
    reopen_window_days: int | None = column(
        "reopen_window_days",
        "For how many days customers may reopen a closed ticket; later, their message creates a "
        "follow-up. Null: without limit.",
    )
    from_email: str | None = column(
        "from_email",
        "The address for replies to mail; null: the deployment's. Mail also comes from it once its domain is verified.",
    )
    from_email_verified: bool = computed(
        _verified,
        ["from_email", "verified_domain"],
        "Whether the operator has verified the domain of `fromEmail`, so that mail comes from it. "
        "Until then mail comes from the deployment's address.",
    )
    from_name: str | None = column("from_name", "The sender's name in mail; null: the deployment's.")
    csat_enabled: bool = column("csat_enabled", "Whether customers get a survey after a resolution.")
    csat_delay_minutes: int = column("csat_delay_minutes", "After how many minutes the survey is sent.")
    locale: str = column("locale", "The language of mail and pages: `en` or `de`.")
    support_tickets: QuotaUseType = loaded(
        Loaded(("organization_id",), _organization, _use, _shown, personal=False),
        "The month's quota of new tickets and its use.",
    )
    version: int = column("version", "Grows with every change; pass it as `expectedVersion`.")
    updated_at: datetime = column("updated_at", "When they last changed.")
