"""Has digests begun as soon as they are due. The rows are the queue: any number of workers may look, one finds each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from models.actors import Actor
from models.database import Database
from models.outages import OUTAGES
from resolvers.digests import begin_digest, members_with_digest
from subscriptions.background import background

BATCH = 1_000
POLL = timedelta(seconds=30)
# Processes' clocks differ by a second at most. By then nobody's puts anything more into the digest that is due, which
# would be one of its own.
SETTLING = timedelta(seconds=2)

_log = logging.getLogger(__name__)


class DigestTimer:
    """Looks twice a minute, by the deployment's clock. What was due while nobody looked is found all the same."""

    def __init__(self, database: Database, poll: timedelta = POLL) -> None:
        self._database = database
        self._poll = poll.total_seconds()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after digests for as long as the block lasts."""
        async with background(self._watch(), "the timer of digests"):
            yield

    async def _watch(self) -> None:
        while True:
            try:
                await self.turn()
            except OUTAGES as error:
                _log.warning("Digests could not be begun and will be tried again: %r", error)
            await asyncio.sleep(self._poll)

    async def turn(self) -> int:
        """Begin all digests that are due; how many there are."""
        begun = 0
        settled = self._database.now() - SETTLING
        # Each that is begun, here or elsewhere, is due no more.
        while due := await members_with_digest(self._database, settled, BATCH):
            for organization_id, member_id in due:
                begun += bool(await begin_digest(Actor.system(self._database, organization_id), member_id))
        return begun
