"""Which promise a ticket gets: policies and calendars as they are or once were, and the choice among them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from models.sla.definitions import CalendarDefinition, PolicyDefinition


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A policy as it was at one time."""

    id: UUID
    policy_id: UUID
    definition: PolicyDefinition


@dataclass(frozen=True, slots=True)
class CalendarVersion:
    """A calendar as it was at one time."""

    id: UUID
    calendar_id: UUID
    definition: CalendarDefinition


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the book: from this event on the policy or calendar is this version, or is deleted."""

    event_id: UUID
    seq: int
    at: datetime
    version: PolicyVersion | CalendarVersion
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class Edit:
    """Entries that one write made, known by the last of them."""

    event_id: UUID
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What of a ticket a policy's conditions ask for."""

    tags: Collection[UUID] = frozenset()
    category_id: UUID | None = None
    domain: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """The policy that applies and the calendar that counts: none promises nothing, and is always open."""

    policy: PolicyVersion | None = None
    calendar: CalendarVersion | None = None

    @property
    def policy_version_id(self) -> UUID | None:
        """The id of the policy's version."""
        return self.policy.id if self.policy else None

    @property
    def calendar_version_id(self) -> UUID | None:
        """The id of the calendar's version."""
        return self.calendar.id if self.calendar else None

    def promises_as(self, other: Selection) -> bool:
        """Whether it is the same policy and calendar, and to the same terms. Another name makes no difference."""
        return _same(self.policy, other.policy) and _same(self.calendar, other.calendar)


NOTHING_SELECTED = Selection()


def _same(one: PolicyVersion | CalendarVersion | None, other: PolicyVersion | CalendarVersion | None) -> bool:
    if isinstance(one, PolicyVersion) and isinstance(other, PolicyVersion):
        return one.policy_id == other.policy_id and one.definition.same_terms(other.definition)
    if isinstance(one, CalendarVersion) and isinstance(other, CalendarVersion):
        return one.calendar_id == other.calendar_id and one.definition.same_terms(other.definition)
    return one is other is None


class InForce:
    """The policies and calendars that hold at one time."""

    def __init__(self, policies: Iterable[PolicyVersion], calendars: Iterable[CalendarVersion]) -> None:
        self._policies = sorted(policies, key=lambda each: (each.definition.position, each.policy_id))
        self._calendars = {each.calendar_id: each for each in calendars}
        self._default_policy = next((each for each in self._policies if each.definition.is_default), None)
        self._default_calendar = next((each for each in self._calendars.values() if each.definition.is_default), None)

    def select(self, ticket: Circumstances) -> Selection:
        """The first policy by position whose conditions all hold, else the default one, with its calendar.

        A policy that names no calendar, or one since deleted, goes by the default one; where there is none, time
        always counts.
        """
        chosen = next(
            (
                each
                for each in self._policies
                if each.definition.chosen_for(ticket.tags, ticket.category_id, ticket.domain)
            ),
            self._default_policy,
        )
        if chosen is None:
            return NOTHING_SELECTED
        named = chosen.definition.calendar_id
        calendar = self._calendars.get(named) if named else None
        return Selection(chosen, calendar or self._default_calendar)


class Book:
    """All versions of an organization's policies and calendars, in the order in which they came to hold."""

    def __init__(self, entries: Sequence[Entry] = ()) -> None:
        self._entries = tuple(entries)
        self._seqs = [each.seq for each in self._entries]
        self._edits = _edits(self._entries)
        self._edit_seqs = [each.seq for each in self._edits]
        self._by_event = {each.event_id: each for each in self._edits}
        self._policies = {each.version.id: each.version for each in self._entries if _is_policy(each)}
        self._calendars = {each.version.id: each.version for each in self._entries if not _is_policy(each)}
        self._standing = lru_cache(maxsize=64)(self._after)

    @property
    def seq(self) -> int:
        """The last entry's place in the log."""
        return self._seqs[-1] if self._seqs else 0

    def with_more(self, entries: Sequence[Entry]) -> Book:
        """The book with entries that came later."""
        return Book((*self._entries, *entries)) if entries else self

    def edits_after(self, seq: int) -> Sequence[Edit]:
        """The edits beyond a place in the log, in order."""
        return self._edits[bisect_right(self._edit_seqs, seq) :]

    def edit(self, event_id: UUID) -> Edit | None:
        """The edit whose last event this is."""
        return self._by_event.get(event_id)

    def in_force(self, seq: int) -> InForce:
        """What held as of a place in the log."""
        return self._standing(bisect_right(self._seqs, seq))

    def policy(self, version_id: UUID | None) -> PolicyVersion | None:
        """The version with this id."""
        found = self._policies.get(version_id) if version_id else None
        return found if isinstance(found, PolicyVersion) else None

    def calendar(self, version_id: UUID | None) -> CalendarVersion | None:
        """The version with this id."""
        found = self._calendars.get(version_id) if version_id else None
        return found if isinstance(found, CalendarVersion) else None

    def _after(self, count: int) -> InForce:
        """What holds once so many entries have been made."""
        policies: dict[UUID, PolicyVersion] = {}
        calendars: dict[UUID, CalendarVersion] = {}
        for entry in self._entries[:count]:
            if isinstance(version := entry.version, PolicyVersion):
                policies.pop(version.policy_id, None)
                if not entry.deleted:
                    policies[version.policy_id] = version
            else:
                calendars.pop(version.calendar_id, None)
                if not entry.deleted:
                    calendars[version.calendar_id] = version
        return InForce(policies.values(), calendars.values())


def _is_policy(entry: Entry) -> bool:
    return isinstance(entry.version, PolicyVersion)


def _edits(entries: Sequence[Entry]) -> tuple[Edit, ...]:
    """Entries of one write follow each other in the log at one instant: halfway through there may be two defaults."""
    found: list[Edit] = []
    for entry in entries:
        if found and found[-1].seq + 1 == entry.seq and found[-1].at == entry.at:
            found.pop()
        found.append(Edit(entry.event_id, entry.seq, entry.at))
    return tuple(found)
