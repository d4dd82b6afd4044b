"""Has digests begun as soon as they are due. The rows are the queue: any number of workers may look, one finds each."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from models.actors import Actor
from models.database import Database
from resolvers.digests import begin_digest, members_with_digest
from tasks.looking import looking

BATCH = 1_000
POLL = timedelta(seconds=30)
# Processes' clocks differ by a second at most. By then nobody's puts anything more into the digest that is due, which
# would be one of its own.
SETTLING = timedelta(seconds=2)


class DigestTimer:
    """Looks twice a minute, by the deployment's clock. What was due while nobody looked is found all the same."""

    def __init__(self, database: Database, poll: timedelta = POLL) -> None:
        self._database = database
        self._poll = poll

    def running(self) -> AbstractAsyncContextManager[None]:
        """Look after digests for as long as the block lasts."""
        return looking(self.turn, self._poll, "the timer of digests")

    async def turn(self) -> int:
        """Begin all digests that are due; how many there are."""
        begun = 0
        settled = self._database.now() - SETTLING
        # Each that is begun, here or elsewhere, is due no more.
        while due := await members_with_digest(self._database, settled, BATCH):
            for organization_id, member_id in due:
                begun += bool(await begin_digest(Actor.system(self._database, organization_id), member_id))
        return begun
