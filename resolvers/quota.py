"""How many tickets an organization may open in a calendar month (UTC). The writer counts and refuses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time

from models.actors import Actor
from models.database import Fetch
from models.errors import InvalidInput
from models.writer import month_after, month_of, organization_write
from resolvers.access import operation
from resolvers.settings import change_settings, locked_settings

QUOTA_LIMIT = 1_000_000_000


@dataclass(frozen=True, slots=True)
class QuotaUse:
    """What has been used in the running month; `limit` is None where there is none."""

    used: int
    limit: int | None
    resets_at: datetime


@operation
async def set_ticket_quota(actor: Actor, limit: int | None) -> None:
    """Let the organization open so many tickets a month from now on, those of this month included; None: any number."""
    if limit is not None and not 0 <= limit <= QUOTA_LIMIT:
        raise InvalidInput(f"A quota is a number from 0 to {QUOTA_LIMIT:,}.", ["limit"])
    async with organization_write(actor) as write:
        change_settings(write, await locked_settings(write), monthly_ticket_quota=limit)


async def quota_use(actor: Actor, fetch: Fetch) -> QuotaUse:
    """How much of the running month's quota is used."""
    month = month_of(actor.database.now())
    (row,) = await fetch(
        "SELECT c.quota_month, c.quota_used, s.monthly_ticket_quota AS quota FROM support_event_counter c"
        " JOIN support_settings s USING (organization_id) WHERE c.organization_id = $1",
        actor.organization_id,
    )
    counted = row["quota_month"] is not None and row["quota_month"] >= month
    return QuotaUse(
        used=row["quota_used"] if counted else 0,
        limit=row["quota"],
        resets_at=datetime.combine(month_after(month), time(), UTC),
    )
