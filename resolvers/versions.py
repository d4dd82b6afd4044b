"""Settings that keep every version of themselves: policies of service levels and business calendars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from models.fact import Change, Fact
from models.rows import layout, new
from models.service_level_events import BusinessCalendarChanged, SlaPolicyChanged
from models.service_levels import BusinessCalendar, BusinessCalendarVersion, SlaPolicy, SlaPolicyVersion
from models.sla import CalendarDefinition, PolicyDefinition
from models.writer import Write

Versioned = SlaPolicy | BusinessCalendar


@dataclass(frozen=True, slots=True)
class _Kind:
    """Where versions are kept, which column names what they are of, and what the log says."""

    version: type[SlaPolicyVersion] | type[BusinessCalendarVersion]
    key: str
    fact: Callable[[UUID, UUID, Change], Fact]


_KINDS: Mapping[type[Versioned], _Kind] = {
    SlaPolicy: _Kind(SlaPolicyVersion, "policy_id", SlaPolicyChanged),
    BusinessCalendar: _Kind(BusinessCalendarVersion, "calendar_id", BusinessCalendarChanged),
}


def add_version(write: Write, row: Versioned, change: Change) -> None:
    """Keep what a new or rewritten row says now, and record it."""
    kind = _KINDS[type(row)]
    version = new(
        kind.version,
        organization_id=row.organization_id,
        number=row.version,
        definition=row.definition,
        created_at=write.now,
        **{kind.key: row.id},
    )
    write.insert(version)
    write.record(kind.fact(row.id, version.id, change))


def rewrite(write: Write, row: Versioned, definition: PolicyDefinition | CalendarDefinition, **beside: object) -> None:
    """Let a locked row say this from now on, in one more version; `beside` are columns that only its kind has."""
    write.update(
        row,
        name=definition.name,
        is_default=definition.is_default,
        definition=definition.as_json(),
        version=row.version + 1,
        updated_at=write.now,
        **beside,
    )
    add_version(write, row, Change.UPDATED)


async def mark_deleted(write: Write, row: Versioned) -> None:
    """Take a locked row off the list; its versions stay, and the log names the last."""
    kind = _KINDS[type(row)]
    last = f"SELECT id FROM {layout(kind.version).table} WHERE {kind.key} = $1 ORDER BY number DESC LIMIT 1"
    version_id = await write.connection.fetchval(last, row.id)
    write.update(row, deleted_at=write.now)
    write.record(kind.fact(row.id, version_id, Change.DELETED))
