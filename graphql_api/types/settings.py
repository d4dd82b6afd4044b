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


@strawberry.type(name="QuotaUse", description="How much of a month's quota is used.")
class QuotaUseType:
    """A number, its limit, and when it begins anew."""

    used: int = strawberry.field(description="How many were used in this calendar month (UTC).")
    limit: int | None = strawberry.field(description="How many there are; null: any number. The operator sets it.")
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


@strawberry.type(name="SupportSettings", description="How the organization wants its helpdesk.")
class SupportSettingsType(RowType):
    """Rows of support_settings, one an organization."""

    table = Settings
    prefix = "set"

    classification_enabled: bool = column("classification_enabled", "Whether the AI sorts new tickets.")
    suggestions_enabled: bool = column("suggestions_enabled", "Whether the AI drafts answers.")
    auto_resolve_enabled: bool = column("auto_resolve_enabled", "Whether the AI may resolve tickets by itself.")
    auto_resolve_threshold: float = column(
        "auto_resolve_threshold", "How sure the AI must be to resolve a ticket by itself, 0 to 1."
    )
    auto_close_after_hours: int | None = column(
        "auto_close_after_hours", "How long a resolved ticket waits to be closed; 0: not at all; null: for ever."
    )
    reopen_window_days: int | None = column(
        "reopen_window_days",
        "How long customers may bring a closed ticket back; later, they open a follow-up. Null: for ever.",
    )
    from_email: str | None = column(
        "from_email",
        "Where answers to mail go; null: to the deployment's address. Mail comes from it once it is verified.",
    )
    from_email_verified: bool = computed(
        _verified,
        ["from_email", "verified_domain"],
        "Whether mail comes from `fromEmail`: the operator has verified its domain. Until then it comes from the "
        "deployment's address.",
    )
    from_name: str | None = column("from_name", "The name that mail comes from; null: the deployment's.")
    csat_enabled: bool = column("csat_enabled", "Whether customers are asked how they liked it.")
    csat_delay_minutes: int = column("csat_delay_minutes", "How long after the resolution they are asked.")
    locale: str = column("locale", "The language of what the helpdesk writes by itself: `en` or `de`.")
    support_tickets: QuotaUseType = loaded(
        Loaded(("organization_id",), _organization, _use, _shown, personal=False),
        "How many tickets were opened of those that may be.",
    )
    version: int = column("version", "Moves with every change; give it as expectedVersion.")
    updated_at: datetime = column("updated_at", "When they last changed.")
