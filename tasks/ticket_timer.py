"""Has snoozed tickets come back and resolved ones closed as soon as it is time."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

from models.actors import Actor
from models.database import Database
from models.outages import OUTAGES
from resolvers.due_tickets import due_tickets, move_due_tickets
from subscriptions.background import background
from tasks.resting import Resting

# Of one organization at a time: one that has imported a thousand resolved tickets is not to delay the others.
BATCH = 50
POLL = timedelta(seconds=1)

_log = logging.getLogger(__name__)


class TicketTimer:
    """Looks once a second, by the deployment's clock. Any number of timers may: each ticket is moved once."""

    def __init__(self, database: Database, *, batch: int = BATCH, poll: timedelta = POLL) -> None:
        self._database = database
        self._batch = batch
        self._poll = poll.total_seconds()
        self._resting = Resting("moved on", database.now)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after tickets for as long as the block lasts."""
        async with background(self._watch(), "the timer of tickets"):
            yield

    async def _watch(self) -> None:
        while True:
            try:
                await self.turn()
            except OUTAGES as error:
                _log.warning("The timer of tickets could not look and will try again: %r", error)
            await asyncio.sleep(self._poll)

    async def turn(self) -> int:
        """Move all tickets that it is time for; how many. Those that others have in hand wait for the next turn."""
        moved = 0
        while found := await self._look():
            moved += found
        return moved

    async def _look(self) -> int:
        due: dict[UUID, list[UUID]] = defaultdict(list)
        found = await due_tickets(self._database, self._database.now(), self._resting.ids(), self._batch)
        for organization_id, ticket_id in found:
            due[organization_id].append(ticket_id)
        moved = 0
        for organization_id, ticket_ids in due.items():
            actor = Actor.system(self._database, organization_id)
            moved += await self._resting.spare(partial(move_due_tickets, actor), ticket_ids)
        return moved
