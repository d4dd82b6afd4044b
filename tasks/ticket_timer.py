"""Has snoozed tickets come back and resolved ones closed as soon as it is time."""

from __future__ import annotations

from collections import defaultdict
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial
from uuid import UUID

from models.actors import Actor
from models.database import Database
from resolvers.due_tickets import due_tickets, move_due_tickets
from tasks.looking import looking
from tasks.resting import Resting

# Of one organization at a time: one that has imported a thousand resolved tickets is not to delay the others.
BATCH = 50
POLL = timedelta(seconds=1)


class TicketTimer:
    """Looks once a second, by the deployment's clock. Any number of timers may: each ticket is moved once."""

    def __init__(self, database: Database, *, batch: int = BATCH, poll: timedelta = POLL) -> None:
        self._database = database
        self._batch = batch
        self._poll = poll
        self._resting = Resting("moved on", database.now)

    def running(self) -> AbstractAsyncContextManager[None]:
        """Look after tickets for as long as the block lasts."""
        return looking(self.turn, self._poll, "the timer of tickets")

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
