"""The Taskiq broker that carries claimed reactions to where they run: here, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from uuid import UUID

from taskiq import AsyncBroker, BrokerMessage, InMemoryBroker
from taskiq.kicker import AsyncKicker
from taskiq.result_backends.dummy import DummyResultBackend

from models.log import Lane
from tasks.leases import Claim
from tasks.reactions import ReactionSpec
from tasks.running import Runner
from tasks.seats import Seats


class InProcessBroker(InMemoryBroker):
    """Runs tasks in this process, `capacity` at once. It keeps no queue: what waits, waits in the database."""

    def __init__(self, runner: Runner, specs: Mapping[str, ReactionSpec], capacity: int) -> None:
        super().__init__()
        # What came of a reaction stands in its row; nobody asks Taskiq for it.
        self.with_result_backend(DummyResultBackend())
        self.seats = Seats(capacity)
        self._lanes = {name: spec.lane for name, spec in specs.items()}
        self._in_progress: set[asyncio.Task[None]] = set()
        self._when_free: Callable[[], None] = _nobody_waits
        register(self, runner, specs)

    async def rooms(self, lanes: Collection[Lane]) -> dict[Lane, int]:
        """How many more tasks of each of these lanes may be sent; lanes without room left out."""
        return self.seats.rooms(lanes)

    def lane_of(self, name: str) -> Lane:
        """The lane of the task of this name."""
        return self._lanes[name]

    def when_free(self, call: Callable[[], None]) -> None:
        """Have `call` called each time a task has ended."""
        self._when_free = call

    async def kick(self, message: BrokerMessage) -> None:
        """Start the task that the message is for, without waiting for it."""
        # Taskiq's own version bounds nothing, and forgets at shutdown what is still running.
        self.start(message.task_name, message.message)

    def start(self, name: str, message: bytes) -> None:
        """Start the task of this name that a message is for."""
        lane = self._lanes[name]
        task = asyncio.create_task(self.receiver.callback(message), name=name)
        self.seats.take(lane)
        self._in_progress.add(task)
        task.add_done_callback(lambda ended: self._ended(ended, lane))

    def _ended(self, task: asyncio.Task[None], lane: Lane) -> None:
        self._in_progress.discard(task)
        self.seats.give_back(lane)
        self._when_free()

    async def drain(self, within: timedelta) -> None:
        """Let running tasks come to their end; those that take longer are interrupted and give their leases back."""
        if not self._in_progress:
            return
        _, late = await asyncio.wait(self._in_progress, timeout=within.total_seconds())
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)


def _nobody_waits() -> None:
    pass


def register(broker: AsyncBroker, runner: Runner, specs: Mapping[str, ReactionSpec]) -> None:
    """Give the broker one Taskiq task for each reaction, named like it."""
    for spec in specs.values():
        _register(broker, runner, spec)


def _register(broker: AsyncBroker, runner: Runner, spec: ReactionSpec) -> None:
    async def task(reaction_id: UUID, attempt: int) -> None:
        await runner.react(spec, Claim(reaction_id, spec.name, attempt))

    broker.register_task(task, task_name=spec.name)


async def send(broker: AsyncBroker, claim: Claim) -> None:
    """Hand a claimed reaction to the broker. Should it get lost there, its lease runs out and it is claimed again."""
    task: AsyncKicker[[str, int], None] = AsyncKicker(claim.name, broker, labels={})
    await task.kiq(str(claim.reaction_id), claim.attempt)
