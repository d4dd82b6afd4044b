"""The organization's choices, changed by its admins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from models.actors import Actor
from models.errors import InvalidInput, NotFound
from models.events import SettingsChanged
from models.organizations import Organization, Settings
from models.rows import load, select
from models.writer import Write, lock, organization_write
from resolvers import inputs
from resolvers.access import access, operation
from resolvers.patches import KEEP, Keep, differing, expect_version
from resolvers.zones import known_zone

LOCALES = ("en", "de")
FROM_NAME_LIMIT = 200
CLOSE_HOURS_LIMIT = 24 * 365
REOPEN_DAYS_LIMIT = 365 * 10
CSAT_MINUTES_LIMIT = 60 * 24 * 30


@dataclass(frozen=True, slots=True)
class SettingsChanges:
    """What to change; null hours or days mean never, a null address or name the deployment's own.

    The time zone is the organization's: people without one of their own read times in it.
    """

    classification_enabled: bool | Keep = KEEP
    suggestions_enabled: bool | Keep = KEEP
    auto_resolve_enabled: bool | Keep = KEEP
    auto_resolve_threshold: float | Keep = KEEP
    auto_close_after_hours: int | Keep | None = KEEP
    reopen_window_days: int | Keep | None = KEEP
    from_email: str | Keep | None = KEEP
    from_name: str | Keep | None = KEEP
    csat_enabled: bool | Keep = KEEP
    csat_delay_minutes: int | Keep = KEEP
    locale: str | Keep = KEEP
    timezone: str | Keep = KEEP


@operation
async def update_support_settings(actor: Actor, wanted: SettingsChanges, expected_version: int | None = None) -> UUID:
    """Change some of the organization's choices, all or none of those given; returns the id of their row."""
    columns = _columns(wanted)
    zone = wanted.timezone if wanted.timezone is KEEP else known_zone(wanted.timezone)
    async with organization_write(actor) as write:
        settings = await locked_settings(write)
        expect_version("list of settings", settings.version, expected_version)
        organization = await access(write, Organization, actor.organization_id)
        changes, moved = differing(settings, **columns), differing(organization, timezone=zone)
        if moved:
            write.update(organization, **moved)
        if changes or moved:
            change_settings(write, settings, **changes)
    return settings.id


async def locked_settings(write: Write) -> Settings:
    """The organization's settings, locked until the write ends."""
    row = await lock(write, f"{select(Settings)} WHERE t.organization_id = $1", write.actor.organization_id)
    if row is None:
        raise NotFound("settings")
    return load(Settings, row)


def change_settings(write: Write, settings: Settings, **changes: object) -> None:
    """Make locked settings their next version, and record it."""
    write.update(settings, version=settings.version + 1, updated_at=write.now, **changes)
    write.record(SettingsChanged(version=settings.version, settings_id=settings.id))


def _columns(wanted: SettingsChanges) -> dict[str, Any]:
    """The columns that are wanted, checked; KEEP where nothing was said."""
    threshold, locale = wanted.auto_resolve_threshold, wanted.locale
    if threshold is not KEEP and not 0 <= threshold <= 1:
        raise InvalidInput("A threshold is a probability, 0 to 1.", ["auto_resolve_threshold"])
    if locale is not KEEP and locale not in LOCALES:
        raise InvalidInput(f"The helpdesk writes {' or '.join(LOCALES)}.", ["locale"])
    return {
        "classification_enabled": wanted.classification_enabled,
        "suggestions_enabled": wanted.suggestions_enabled,
        "auto_resolve_enabled": wanted.auto_resolve_enabled,
        "auto_resolve_threshold": threshold,
        "auto_close_after_hours": _up_to(
            CLOSE_HOURS_LIMIT, "hours", wanted.auto_close_after_hours, "auto_close_after_hours"
        ),
        "reopen_window_days": _up_to(REOPEN_DAYS_LIMIT, "days", wanted.reopen_window_days, "reopen_window_days"),
        "from_email": _given(inputs.email, wanted.from_email, "from_email"),
        "from_name": _given(_name, wanted.from_name, "from_name"),
        "csat_enabled": wanted.csat_enabled,
        "csat_delay_minutes": _up_to(CSAT_MINUTES_LIMIT, "minutes", wanted.csat_delay_minutes, "csat_delay_minutes"),
        "locale": locale,
    }


def _up_to(limit: int, unit: str, value: int | Keep | None, field: str) -> int | Keep | None:
    if isinstance(value, int) and not 0 <= value <= limit:
        raise InvalidInput(f"This is 0 to {limit:,} {unit}.", [field])
    return value


def _given(check: Any, value: str | Keep | None, field: str) -> str | Keep | None:
    return check(value, field) if isinstance(value, str) else value


def _name(value: str, field: str) -> str:
    # It becomes part of a mail's header.
    if not value.isprintable():
        raise InvalidInput("This is one line: no line breaks, no control characters.", [field])
    return inputs.text(value, field, FROM_NAME_LIMIT)
