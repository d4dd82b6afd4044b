"""The organization's policies and calendars as they ever were, read once in a process and added to."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from models.database import Fetch, Row
from models.fact import Change
from models.service_level_events import BusinessCalendarChanged, SlaPolicyChanged
from models.sla.definitions import CalendarDefinition, PolicyDefinition
from models.sla.selection import Book, CalendarVersion, Entry, PolicyVersion

EDITS = (SlaPolicyChanged.__name__, BusinessCalendarChanged.__name__)
BOOKS_KEPT = 1_000

# Entries never change and are never taken back: a book that is kept can only be too short.
_books: OrderedDict[UUID, Book] = OrderedDict()


async def policy_book(fetch: Fetch, organization_id: UUID, seq: int) -> Book:
    """The organization's book, at least as far as the last edit, which has this place in the log."""
    book = _books.get(organization_id, Book())
    if book.seq < seq:
        book = book.with_more(await entries_after(fetch, organization_id, book.seq))
    _books[organization_id] = book
    _books.move_to_end(organization_id)
    while len(_books) > BOOKS_KEPT:
        _books.popitem(last=False)
    return book


async def entries_after(fetch: Fetch, organization_id: UUID, seq: int) -> list[Entry]:
    """The entries beyond a place in the log."""
    return [_entry(row) for row in await fetch(_ENTRIES, organization_id, seq, list(EDITS))]


_ENTRIES = """
SELECT e.id, e.seq, e.occurred_at, e.data, policy.id AS policy_version_id, policy.policy_id,
       calendar.id AS calendar_version_id, calendar.calendar_id,
       coalesce(policy.definition, calendar.definition) AS definition
FROM support_event e
LEFT JOIN support_sla_policy_version policy
    ON policy.id = (e.data ->> 'version_id')::uuid AND policy.organization_id = e.organization_id
LEFT JOIN support_business_calendar_version calendar
    ON calendar.id = (e.data ->> 'version_id')::uuid AND calendar.organization_id = e.organization_id
WHERE e.organization_id = $1 AND e.seq > $2 AND e.type = ANY($3)
ORDER BY e.seq
"""


def _entry(row: Row) -> Entry:
    version: PolicyVersion | CalendarVersion
    if row["policy_id"]:
        definition = PolicyDefinition.from_json(row["definition"], row["policy_version_id"])
        version = PolicyVersion(row["policy_version_id"], row["policy_id"], definition)
    else:
        hours = CalendarDefinition.from_json(row["definition"], row["calendar_version_id"])
        version = CalendarVersion(row["calendar_version_id"], row["calendar_id"], hours)
    deleted = row["data"]["change"] == Change.DELETED
    return Entry(row["id"], row["seq"], row["occurred_at"], version, deleted)
