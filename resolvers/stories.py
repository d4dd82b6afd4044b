"""What the log and the rows say of tickets, read for their clocks to be reckoned: one statement, one instant."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from time import perf_counter
from uuid import UUID

from models.database import Fetch, Row
from models.lifecycle import TicketStatus
from models.recorded import RecordedEvent, readable
from models.retelling import TOLD, Story
from models.service_level_events import SlaBreached, SlaEscalated, SlaWarning
from models.sla import SlaState
from models.sla.selection import Book
from resolvers.policy_book import EDITS, policy_book

# How long, in seconds, tickets may be reckoned before others have their turn.
A_TURN = 0.005


@dataclass(frozen=True, slots=True)
class TicketStory:
    """A ticket's story, and how its own row stands. What happened until `silent_until` was told by an import.

    `said` is what has been recorded of its clocks.
    """

    story: Story
    said: Sequence[RecordedEvent]
    edited: int
    silent_until: datetime | None
    status: TicketStatus
    sla_state: SlaState | None
    sla_due_at: datetime


async def read_stories(fetch: Fetch, organization_id: UUID, ticket_ids: Iterable[UUID]) -> dict[UUID, TicketStory]:
    """The stories of those of the organization's tickets, by their keys."""
    facts = [fact.__name__ for fact in (*TOLD, *_SAID)]
    rows = await fetch(_STORIES, [*ticket_ids], organization_id, facts, *EDITS)
    found, turns = {}, Turns()
    for ticket_id, told in groupby(rows, key=itemgetter("told_id")):
        found[ticket_id] = _story(ticket_id, list(told))
        await turns.taken()
    return found


_SAID = (SlaWarning, SlaBreached, SlaEscalated)
# Beside the events, as of the same instant: how far the log reaches, its last edit of policies and calendars, and up to
# where it is settled by which promise the ticket goes.
_STORIES = """
SELECT t.id AS told_id, t.category_id, t.status, t.sla_state, t.sla_due_at, c.seq AS upto,
       coalesce(s.seq, 0) AS settled,
       coalesce(split_part(m.email, '@', 2), '') AS domain,
       coalesce(greatest(
           (SELECT seq FROM support_event WHERE organization_id = $2 AND type = $4 ORDER BY seq DESC LIMIT 1),
           (SELECT seq FROM support_event WHERE organization_id = $2 AND type = $5 ORDER BY seq DESC LIMIT 1)
       ), 0) AS edited, e.*
FROM support_ticket t
JOIN support_membership m ON m.id = t.requester_id
JOIN support_event_counter c ON c.organization_id = t.organization_id
LEFT JOIN support_ticket_sla s ON s.id = t.id
JOIN support_event e ON e.ticket_id = t.id AND e.type = ANY($3)
WHERE t.id = ANY($1) AND t.organization_id = $2
ORDER BY t.id, e.seq
"""


async def book_for(fetch: Fetch, organization_id: UUID, stories: Iterable[TicketStory]) -> Book:
    """The organization's policies and calendars, at least as far as the stories go."""
    return await policy_book(fetch, organization_id, max((each.edited for each in stories), default=0))


class Turns:
    """Work on the event loop in slices: others have theirs in between."""

    def __init__(self) -> None:
        self._ends = perf_counter() + A_TURN

    async def taken(self) -> None:
        """Say that a piece of work is done."""
        if perf_counter() > self._ends:
            await asyncio.sleep(0)
            self._ends = perf_counter() + A_TURN


def _story(ticket_id: UUID, rows: list[Row]) -> TicketStory:
    first = rows[0]
    events: list[RecordedEvent] = [event for row in rows if (event := readable(row))]
    silent = [row["recorded_at"] for row in rows if not row["reacts"]]
    told = [event for event in events if isinstance(event.fact, TOLD)]
    return TicketStory(
        Story(ticket_id, first["category_id"], first["domain"], told, first["upto"], first["settled"]),
        said=[event for event in events if isinstance(event.fact, _SAID)],
        edited=first["edited"],
        silent_until=max(silent, default=None),
        status=TicketStatus(first["status"]),
        sla_state=SlaState(first["sla_state"]) if first["sla_state"] else None,
        sla_due_at=first["sla_due_at"],
    )
