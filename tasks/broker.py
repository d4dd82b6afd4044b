"""The Taskiq broker that carries claimed reactions to where they run, and the task that runs one and settles it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from taskiq import AsyncBroker, BrokerMessage, InMemoryBroker
from taskiq.kicker import AsyncKicker
from taskiq.result_backends.dummy import DummyResultBackend

from models.database import Database
from models.settings import SettingsError
from tasks.context import TaskContext
from tasks.leases import (
    Claim,
    HeldEvent,
    Refused,
    Terms,
    bury,
    fail,
    finish,
    held_event,
    put_off,
    release,
    retry_delay,
)
from tasks.reactions import Reactions, ReactionSpec, specs_by_name

_log = logging.getLogger(__name__)


class InProcessBroker(InMemoryBroker):
    """Runs tasks in this process, `capacity` at once. It keeps no queue: what waits, waits in the database."""

    def __init__(self, capacity: int) -> None:
        super().__init__()
        # What came of a reaction stands in its row; nobody asks Taskiq for it.
        self.with_result_backend(DummyResultBackend())
        self._capacity = capacity
        self._in_progress: set[asyncio.Task[None]] = set()
        self._when_free: Callable[[], None] = _nobody_waits

    @property
    def free(self) -> int:
        """How many more tasks may be sent."""
        return self._capacity - len(self._in_progress)

    def when_free(self, call: Callable[[], None]) -> None:
        """Have `call` called each time a task has ended."""
        self._when_free = call

    async def kick(self, message: BrokerMessage) -> None:
        """Start the task that the message is for, without waiting for it."""
        # Taskiq's own version bounds nothing, and forgets at shutdown what is still running.
        task = asyncio.create_task(self.receiver.callback(message.message), name=message.task_name)
        self._in_progress.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._in_progress.discard(task)
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


def open_broker(url: str, context: TaskContext, reactions: Reactions, terms: Terms, capacity: int) -> InProcessBroker:
    """The broker at this address, with one Taskiq task for each reaction, named like it."""
    if url not in {"", "memory://"}:
        raise SettingsError(f"HELPDESK_TASKS_URL is {url!r}; it takes memory://.")
    broker = InProcessBroker(capacity)
    for spec in specs_by_name(reactions).values():
        _register(broker, context, spec, terms)
    return broker


def _register(broker: AsyncBroker, context: TaskContext, spec: ReactionSpec, terms: Terms) -> None:
    async def task(reaction_id: UUID, attempt: int) -> None:
        await react(context, spec, Claim(reaction_id, spec.name, attempt), terms)

    broker.register_task(task, task_name=spec.name)


async def send(broker: AsyncBroker, claim: Claim) -> None:
    """Hand a claimed reaction to the broker. Should it get lost there, its lease runs out and it is claimed again."""
    task: AsyncKicker[[str, int], None] = AsyncKicker(claim.name, broker, labels={})
    await task.kiq(str(claim.reaction_id), claim.attempt)


async def react(context: TaskContext, spec: ReactionSpec, claim: Claim, terms: Terms) -> None:
    """Run a claimed reaction and settle it; nothing happens where the claim is not good any more."""
    database = context.database
    held = await held_event(database, claim)
    if held is None:
        _log.info("%s %s came too late: its lease is over.", claim.name, claim.reaction_id)
        return
    try:
        # Never beyond the lease: from then on another worker may be at it.
        async with asyncio.timeout((held.leased_until - database.now()).total_seconds()):
            again_at = await spec.run(context, held.event)
    except asyncio.CancelledError:
        await release(database, claim)
        raise
    except Refused as error:
        await bury(database, claim, str(error))
        _log.error("%s of event %s was refused, and is dead: %s", claim.name, held.event.id, error)
    except Exception as error:  # whatever it was, this is the place that answers it: by another attempt
        await _failed(database, claim, held, terms, error)
    else:
        await (put_off(database, claim, again_at) if again_at else finish(database, claim))


async def _failed(database: Database, claim: Claim, held: HeldEvent, terms: Terms, error: Exception) -> None:
    kept = f"{type(error).__name__}: {error}"
    words = "%s of event %s failed, attempt %d, and %s."
    if held.tries >= terms.attempts:
        await bury(database, claim, kept)
        _log.error(words, claim.name, held.event.id, held.tries, "is dead", exc_info=error)
    else:
        await fail(database, claim, retry_delay(terms, held.tries, random.random()), kept)
        _log.warning(words, claim.name, held.event.id, held.tries, "will be tried again", exc_info=error)
