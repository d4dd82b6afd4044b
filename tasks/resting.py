"""Batches of tickets that are worked on together, without one that fails standing in the others' way."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from models.outages import AWAY

# How long a ticket that failed keeps out of the others' way.
REST = timedelta(minutes=1)

_log = logging.getLogger(__name__)


class Resting:
    """Tickets that failed a moment ago. `deed` is what can't be done to them, for the log."""

    def __init__(self, deed: str, now: Callable[[], datetime]) -> None:
        self._deed = deed
        self._now = now
        self._until: dict[UUID, datetime] = {}

    def ids(self) -> list[UUID]:
        """Those that are not to be tried yet."""
        now = self._now()
        self._until = {ticket_id: until for ticket_id, until in self._until.items() if until > now}
        return [*self._until]

    async def spare(self, work: Callable[[list[UUID]], Awaitable[int]], ticket_ids: list[UUID]) -> int:
        """Do the work for all, or for each by itself if that fails; the sum of what comes of it.

        An outage is raised.
        """
        try:
            return await work(ticket_ids)
        except AWAY:
            raise
        except Exception as error:  # a ticket that fails must not keep the others waiting
            if len(ticket_ids) > 1:
                return sum([await self.spare(work, [ticket_id]) for ticket_id in ticket_ids])
            (ticket_id,) = ticket_ids
            self._until[ticket_id] = self._now() + REST
            _log.error("Ticket %s can't be %s, and is tried again later.", ticket_id, self._deed, exc_info=error)
            return 0
