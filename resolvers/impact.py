"""What an edit of policies or calendars would change, before anybody makes it: the same rule, nothing written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from models.actors import Actor
from models.database import OneTransaction
from models.lifecycle import FINISHED, TicketStatus
from models.retelling import retold
from models.sla.selection import Book, Entry
from models.standing import Standing, next_due, standings
from resolvers.access import operation
from resolvers.business_calendars import CalendarChanges, update_business_calendar
from resolvers.policy_book import entries_after, policy_book
from resolvers.policy_terms import PolicyChanges
from resolvers.sla_policies import update_sla_policy
from resolvers.stories import TicketStory, Turns, read_stories

# More would keep an admin waiting; the ones that changed last are those that somebody works on.
TICKETS_EXAMINED = 1_000
_AT_ONCE = 100
_OPEN = [status.value for status in TicketStatus if status not in FINISHED]
# Beyond every place in the log.
_TO_COME = 2**62


@dataclass(slots=True)
class Impact:
    """How many tickets are open, how many of them were examined, and what would become of those."""

    open_tickets: int
    examined: int = 0
    changed: int = 0
    due_earlier: int = 0
    due_later: int = 0
    breached: int = 0


@operation
async def sla_policy_impact(
    actor: Actor, policy_id: UUID | None, wanted: PolicyChanges, expected_version: int | None = None
) -> Impact:
    """What would become of the open tickets if a policy were changed so; refused where the change would be."""
    return await _impact(actor, lambda admin: update_sla_policy(admin, policy_id, wanted, expected_version))


@operation
async def business_calendar_impact(
    actor: Actor, calendar_id: UUID | None, wanted: CalendarChanges, expected_version: int | None = None
) -> Impact:
    """The same of a calendar."""
    return await _impact(actor, lambda admin: update_business_calendar(admin, calendar_id, wanted, expected_version))


class _TakenBack(Exception):
    """The edit has been looked at: undo it."""


async def _entries(actor: Actor, book: Book, edit: Callable[[Actor], Awaitable[object]]) -> list[Entry]:
    """What an edit would enter into the book: it is made in a transaction that is undone at once."""
    found: list[Entry] = []
    try:
        async with OneTransaction.of(actor.database) as whole:
            await edit(replace(actor, database=whole))
            found = await entries_after(whole.fetch, actor.organization_id, book.seq)
            raise _TakenBack
    except _TakenBack:
        return [replace(each, seq=_TO_COME + place) for place, each in enumerate(found)]


async def _impact(actor: Actor, edit: Callable[[Actor], Awaitable[object]]) -> Impact:
    fetch = actor.database.fetch
    book = await policy_book(fetch, actor.organization_id, _TO_COME)
    edited = book.with_more(await _entries(actor, book, edit))
    rows = await fetch(_EXAMINED, actor.organization_id, _OPEN, TICKETS_EXAMINED)
    count = await actor.database.fetchval(_COUNTED, actor.organization_id, _OPEN)
    impact, now, turns = Impact(count), actor.database.now(), Turns()
    for start in range(0, len(rows), _AT_ONCE):
        ids = [row["id"] for row in rows[start : start + _AT_ONCE]]
        for known in (await read_stories(fetch, actor.organization_id, ids)).values():
            _add(impact, known, book, edited, now)
            await turns.taken()
    return impact


def _add(impact: Impact, known: TicketStory, book: Book, edited: Book, now: datetime) -> None:
    """Tell a ticket's story with and without the edit."""
    present = retold(known.story, book)
    future = retold(replace(known.story, upto=2 * _TO_COME), edited)
    impact.examined += 1
    impact.changed += not future.selection.promises_as(present.selection)
    before, after = standings(present, now), standings(future, now)
    due, due_then = _due(before), _due(after)
    impact.due_earlier += due_then < due
    impact.due_later += due_then > due
    impact.breached += bool(_breached(after) - _breached(before))


def _due(stands: Sequence[Standing]) -> datetime:
    return next_due([each.columns for each in stands])


def _breached(stands: Sequence[Standing]) -> set[int]:
    return {each.position for each in stands if each.clock.breached_at is not None}


_EXAMINED = """
SELECT id FROM support_ticket WHERE organization_id = $1 AND status = ANY($2) ORDER BY updated_at DESC, id DESC LIMIT $3
"""
_COUNTED = "SELECT count(*) FROM support_ticket WHERE organization_id = $1 AND status = ANY($2)"
