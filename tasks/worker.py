"""Runs reactions in this process: the API's own under `make up`, `helpdesk worker` in production."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from models.cron import Cron
from models.settings import SettingsError
from subscriptions.background import background
from tasks.broker import InProcessBroker
from tasks.context import TaskContext
from tasks.digests import DigestTimer
from tasks.leases import Terms
from tasks.pruning import keep_pruning
from tasks.reactions import REACTIONS, Reactions, ReactionSpec, specs_by_name
from tasks.redis_broker import RedisBroker
from tasks.relay import Relay
from tasks.running import Runner
from tasks.sla_timer import SlaTimer
from tasks.ticket_timer import TicketTimer

CAPACITY = 16
PATIENCE = timedelta(seconds=10)
# Where requests have had their time before.
PATIENCE_AFTER_REQUESTS = timedelta(seconds=4)


def open_broker(
    url: str, runner: Runner, specs: Mapping[str, ReactionSpec], capacity: int = CAPACITY
) -> InProcessBroker:
    """What carries reactions: nothing but this process, or the Redis at this address."""
    scheme = urlsplit(url).scheme
    if scheme in {"redis", "rediss"}:
        return RedisBroker(url, runner, specs, capacity)
    if url not in {"", "memory://"}:
        raise SettingsError(f"HELPDESK_TASKS_URL is {url!r}; it takes memory://, redis://host:6379 or rediss://...")
    return InProcessBroker(runner, specs, capacity)


@asynccontextmanager
async def run_tasks(
    context: TaskContext,
    *,
    reactions: Reactions = REACTIONS,
    terms: Terms = Terms(),  # noqa: B008
    capacity: int = CAPACITY,
    patience: timedelta = PATIENCE,
) -> AsyncIterator[Relay]:
    """Plan, claim and run reactions, and look after clocks, tickets and digests, for as long as the block lasts.

    Wake the relay that it gives on every hint.

    On leaving nothing new is claimed, what runs has `patience` to end, and the rest gives its leases back.
    """
    specs = specs_by_name(reactions)
    runner = Runner(context, terms)
    broker = open_broker(context.settings.tasks_url, runner, specs, capacity)
    kept = timedelta(days=context.settings.reactions_kept_days)
    async with (
        background(runner.keep_leases(), "the leases of reactions"),
        background(keep_pruning(context.database, kept), "the removal of reactions"),
    ):
        await broker.startup()
        try:
            relay = Relay(context.database, broker, reactions, terms)
            clocks = SlaTimer(context.database, context.clocks_moved, Cron.parse(context.settings.sla_check_cron))
            tickets, digests = TicketTimer(context.database), DigestTimer(context.database)
            async with relay.running(), clocks.running(), tickets.running(), digests.running():
                yield relay
        finally:
            await broker.drain(patience)
            await broker.shutdown()
