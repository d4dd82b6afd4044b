"""Runs claimed reactions, keeps their leases up meanwhile, and settles them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from functools import partial
from types import TracebackType

from models.database import Database
from models.outages import AWAY
from tasks.context import TaskContext
from tasks.leases import (
    Claim,
    HeldEvent,
    Refused,
    Terms,
    begin,
    bury,
    fail,
    finish,
    put_off,
    release,
    renew,
    retry_delay,
)
from tasks.reactions import ReactionSpec

# How long to wait before the database is told again what it could not be told.
PAUSE = 0.5
# Writes down what came of a reaction; False where its lease went to somebody else.
Settle = Callable[[], Awaitable[bool]]

_log = logging.getLogger(__name__)


class Runner:
    """Runs reactions in this process. Each ends at the latest when its lease does: another worker may be at it then."""

    def __init__(self, context: TaskContext, terms: Terms) -> None:
        self._context = context
        self._database: Database = context.database
        self._terms = terms
        self._running: dict[Claim, _Limit] = {}

    async def keep_leases(self) -> None:
        """Renew the leases of what runs, each third of a lease, for ever."""
        while True:
            await asyncio.sleep(self._terms.lease.total_seconds() / 3)
            try:
                await self.renew()
            except AWAY as error:
                _log.warning("Leases could not be renewed: %r", error)

    async def renew(self) -> None:
        """Renew the leases of what runs; a reaction that has lost its lease is interrupted."""
        running = dict(self._running)
        if not running:
            return
        asked_at = _now()
        renewed = await renew(self._database, [*running], self._terms)
        for claim, limit in running.items():
            limit.move(asked_at + self._terms.lease.total_seconds() if claim in renewed else _now())

    async def react(self, spec: ReactionSpec, claim: Claim) -> None:
        """Run a claimed reaction and settle it; nothing happens where the claim is not good any more."""
        try:
            await self._begin_and_settle(spec, claim)
        except asyncio.CancelledError:
            # Whatever has been settled by then stays so.
            await release(self._database, claim)
            raise
        except AWAY as error:
            _log.warning("%s %s comes back when its lease is over: %r", claim.name, claim.reaction_id, error)

    async def _begin_and_settle(self, spec: ReactionSpec, claim: Claim) -> None:
        # Counted from before the database was asked: the lease ends no earlier.
        asked_at = _now()
        held = await begin(self._database, claim, self._terms)
        if held is None:
            _log.info("%s %s came too late: its lease is over.", claim.name, claim.reaction_id)
            return
        limit = _Limit(asked_at + self._terms.lease.total_seconds(), asked_at + self._terms.longest.total_seconds())
        self._running[claim] = limit
        try:
            settle = await self._outcome(spec, claim, held, limit)
            if not await self._insist(settle, limit):
                _log.warning("%s of event %s lost its lease: it runs again.", claim.name, held.event.id)
        finally:
            del self._running[claim]

    async def _outcome(self, spec: ReactionSpec, claim: Claim, held: HeldEvent, limit: _Limit) -> Settle:
        """Run the reaction; how what came of it is written down."""
        try:
            async with limit:
                again_at = await spec.run(self._context, held.event)
        except Refused as error:
            _log.error("%s of event %s was refused, and is dead: %s", claim.name, held.event.id, error)
            return partial(bury, self._database, claim, str(error), spec.follower)
        except Exception as error:  # whatever it was, this is the place that answers it: by another attempt
            late = TimeoutError("It took too long, or had lost its lease.")
            return self._failed(spec, claim, held, late if limit.expired() else error)
        return partial(put_off, self._database, claim, again_at) if again_at else partial(finish, self._database, claim)

    def _failed(self, spec: ReactionSpec, claim: Claim, held: HeldEvent, error: Exception) -> Settle:
        kept = f"{type(error).__name__}: {error}"
        words = "%s of event %s failed, attempt %d, and %s."
        if held.tries >= self._terms.attempts:
            _log.error(words, claim.name, held.event.id, held.tries, "is dead", exc_info=error)
            return partial(bury, self._database, claim, kept, spec.follower)
        _log.warning(words, claim.name, held.event.id, held.tries, "will be tried again", exc_info=error)
        return partial(fail, self._database, claim, retry_delay(self._terms, held.tries, random.random()), kept)

    async def _insist(self, settle: Settle, limit: _Limit) -> bool:
        """Settle, also where the database is away for a moment: what is not written down is done a second time."""
        while True:
            try:
                return await settle()
            except AWAY:
                if _now() + PAUSE > limit.lease_ends:
                    raise
                await asyncio.sleep(PAUSE)


class _Limit:
    """Until when a reaction may run: as long as its lease lasts, and never longer than any may."""

    def __init__(self, lease_ends: float, longest: float) -> None:
        self.lease_ends = lease_ends
        self._longest = longest
        self._timeout = asyncio.timeout_at(min(lease_ends, longest))
        self._inside = False

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()
        self._inside = True

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._inside = False
        await self._timeout.__aexit__(kind, error, trace)

    def expired(self) -> bool:
        """Whether it interrupted the reaction."""
        return self._timeout.expired()

    def move(self, lease_ends: float) -> None:
        """The lease lasts until then."""
        self.lease_ends = lease_ends
        if self._inside and not self.expired():
            self._timeout.reschedule(min(lease_ends, self._longest))


def _now() -> float:
    return asyncio.get_running_loop().time()
