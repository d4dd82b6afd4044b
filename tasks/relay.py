"""Brings the log to its reactions: plans what follows each event, claims what is due and hands it to the broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from uuid import UUID

from models.database import Connection, Database
from models.log import Lane
from models.outages import OUTAGES
from models.recorded import readable
from tasks.broker import InProcessBroker, send
from tasks.claiming import Turns
from tasks.leases import Terms
from tasks.planning import BATCH, planned_for, store
from tasks.reactions import Reactions, specs_by_name

# A turn under way when the relay is stopped may end; one that waits for a silent database may not.
LAST_TURN = timedelta(seconds=3)

_log = logging.getLogger(__name__)


class Relay:
    """Follows every organization's log. Any number of relays may run at once: each plans and claims what no other does.

    Planning and sending take turns of their own, so that a long log being planned does not hold up what is due.
    """

    def __init__(
        self,
        database: Database,
        broker: InProcessBroker,
        reactions: Reactions,
        terms: Terms,
        poll: timedelta = timedelta(seconds=1),
    ) -> None:
        self._database = database
        self._broker = broker
        self._reactions = reactions
        specs = specs_by_name(reactions)
        self._turns = Turns(database, terms, {name: spec.follower for name, spec in specs.items()})
        self._types = sorted(fact.__name__ for fact in reactions)
        self._poll = poll.total_seconds()
        self._next_poll = 0.0
        self._next_waking = 0.0
        self._ahead: set[UUID] = set()
        self._to_plan = asyncio.Event()
        self._to_send = asyncio.Event()
        self._backlog = False
        self._stopping = False
        broker.when_free(self._more_room)

    def wake(self, organization_id: UUID, _seq: int = 0) -> None:
        """Say that the organization's log has grown. Fit for `Database.on_commit`; never needed, only faster."""
        self._ahead.add(organization_id)
        self._to_plan.set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Plan and send for as long as the block lasts; nothing is claimed once it is left."""
        loops = [
            asyncio.create_task(self._take_turns(self._plan_turn, self._to_plan), name="relay: plan"),
            asyncio.create_task(self._take_turns(self._send_turn, self._to_send), name="relay: send"),
        ]
        for loop in loops:
            loop.add_done_callback(_report)
        try:
            yield
        finally:
            self._stopping = True
            self._to_plan.set()
            self._to_send.set()
            _, late = await asyncio.wait(loops, timeout=LAST_TURN.total_seconds())
            for loop in late:
                loop.cancel()
            await asyncio.gather(*loops, return_exceptions=True)

    async def _take_turns(self, turn: Callable[[], Awaitable[object]], signal: asyncio.Event) -> None:
        while not self._stopping:
            signal.clear()
            try:
                await turn()
            except OUTAGES as error:
                _log.warning("The relay could not reach what it needs and will try again: %r", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._poll):
                    await signal.wait()

    async def _plan_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next_poll:
            self._next_poll = now + self._poll
            self._ahead |= await self._behind()
        while self._ahead and not self._stopping:
            await self._plan_round()

    async def _plan_round(self) -> None:
        """One batch of each organization's: a long log holds up nobody's but its own."""
        for organization_id in [*self._ahead]:
            # Before its log is read: it may grow meanwhile.
            self._ahead.discard(organization_id)
            if not await self._plan_next(organization_id):
                self._ahead.add(organization_id)
            if self._stopping:
                return

    async def _behind(self) -> set[UUID]:
        """The organizations with events that nobody has planned yet."""
        rows = await self._database.fetch(
            "SELECT c.organization_id FROM support_event_counter c LEFT JOIN support_relay_position p"
            " ON p.organization_id = c.organization_id WHERE c.seq > coalesce(p.seq, 0)"
        )
        return {row["organization_id"] for row in rows}

    async def plan(self, organization_id: UUID) -> None:
        """Plan what follows the organization's events up to the last one, unless another relay is at it."""
        while not self._stopping and not await self._plan_next(organization_id):
            continue

    async def _plan_next(self, organization_id: UUID) -> bool:
        """Plan a batch; whether that was the last, or another relay is at it."""
        async with self._database.connection() as connection, connection.transaction():
            caught_up = await self._plan_batch(connection, organization_id)
        self._to_send.set()
        return caught_up

    async def _plan_batch(self, connection: Connection, organization_id: UUID) -> bool:
        position = await _lock_position(connection, organization_id)
        if position is None or position[0] >= position[1]:
            return True
        planned, recorded = position
        rows = await connection.fetch(
            "SELECT * FROM support_event WHERE organization_id = $1 AND seq > $2 AND seq <= $3 AND reacts"
            " AND type = ANY($4) ORDER BY seq LIMIT $5",
            organization_id,
            planned,
            recorded,
            self._types,
            BATCH,
        )
        events = [event for row in rows if (event := readable(row))]
        await store(connection, organization_id, planned_for(self._reactions, events), self._database.now())
        caught_up = len(rows) < BATCH
        await connection.execute(
            "UPDATE support_relay_position SET seq = $2 WHERE organization_id = $1",
            organization_id,
            recorded if caught_up else events[-1].seq,
        )
        return caught_up

    async def _send_turn(self) -> None:
        now = asyncio.get_running_loop().time()
        if now >= self._next_waking:
            self._next_waking = now + self._poll
            await self.end_rests()
        await self.send_due()

    async def end_rests(self) -> None:
        """Have those claimable whose rest or lease is over."""
        await self._turns.wake()

    async def send_due(self) -> None:
        """Claim due reactions for as long as the broker has room for more, lane by lane in turns, and send them off."""
        asked = set(Lane)
        while not self._stopping and (rooms := await self._broker.rooms(asked)):
            turns, dead = await self._turns.claim(rooms)
            if dead:
                _log.error("%d reactions are dead: their workers never came back.", dead)
            for turn in turns:
                await send(self._broker, turn.claim)
            # Whoever came second to all that is due in a lane finds more of it at the next poll.
            asked -= rooms.keys() - {turn.lane for turn in turns} if not dead else set()
        self._backlog = bool(asked)

    def _more_room(self) -> None:
        if self._backlog:
            self._to_send.set()


async def _lock_position(connection: Connection, organization_id: UUID) -> tuple[int, int] | None:
    """Up to where the log is planned and how far it reaches, or None while another relay plans it.

    Rows up to the counter are visible to the statements after this one: the counter moves with them.
    """
    for first_time in (True, False):
        row = await connection.fetchrow(
            "SELECT p.seq AS planned, c.seq AS recorded FROM support_relay_position p"
            " JOIN support_event_counter c ON c.organization_id = p.organization_id"
            " WHERE p.organization_id = $1 FOR UPDATE OF p SKIP LOCKED",
            organization_id,
        )
        if row is not None:
            return row["planned"], row["recorded"]
        if first_time:
            await connection.execute(
                "INSERT INTO support_relay_position (organization_id, seq) VALUES ($1, 0) ON CONFLICT DO NOTHING",
                organization_id,
            )
    return None


def _report(loop: asyncio.Task[None]) -> None:
    if not loop.cancelled() and (error := loop.exception()):
        _log.critical("The loop %r ended; no reactions until a restart.", loop.get_name(), exc_info=error)
