"""Carries claimed reactions over Redis Streams to whichever worker has room; without Redis they run where they are."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError
from taskiq import BrokerMessage
from taskiq_redis import RedisStreamBroker

from models.log import Lane
from subscriptions.background import report_failure
from tasks.broker import InProcessBroker
from tasks.reactions import ReactionSpec
from tasks.running import Runner

GROUP = "workers"
# Far more than all workers together have on their way; beyond it the oldest go, and come back by their lease.
LONGEST = 10_000
# How long a read waits for a message, how long anything else may take, and how long Redis is left alone once it failed.
READ_MS = 1_000
PATIENCE = 1.0
PAUSE = 1.0

AWAY = (RedisError, OSError, TimeoutError)

_log = logging.getLogger(__name__)


class Stream(RedisStreamBroker):
    """A stream that gives each message out once, to one worker. One that gets lost comes back by its lease."""

    def __init__(self, url: str, lane: Lane) -> None:
        super().__init__(
            url,
            queue_name=f"helpdesk:reactions:{lane.value}",
            consumer_group_name=GROUP,
            # From the beginning: what was sent before the first worker read is for workers too.
            consumer_id="0",
            maxlen=LONGEST,
            socket_connect_timeout=PATIENCE,
        )

    async def take(self, most: int) -> list[bytes]:
        """The next messages, none after a while without any."""
        # Not acknowledged later, as Taskiq's own reading is: who dies with a message has a lease that runs out.
        async with Redis(connection_pool=self.connection_pool) as redis:
            fetched: Any = await redis.xreadgroup(
                GROUP, self.consumer_name, {self.queue_name: ">"}, count=most, block=READ_MS, noack=True
            )
        return [fields.get(b"data", b"") for _, entries in fetched or () for _, fields in entries]


class RedisBroker(InProcessBroker):
    """Sends reactions to all workers and runs those that come to this one, `capacity` at once."""

    def __init__(self, url: str, runner: Runner, specs: Mapping[str, ReactionSpec], capacity: int) -> None:
        super().__init__(runner, specs, capacity)
        self._streams = {lane: Stream(url, lane) for lane in Lane}
        self._receiving: list[asyncio.Task[None]] = []
        self._freed = asyncio.Event()
        self._stopping = False
        self._alone_until = 0.0

    async def startup(self) -> None:
        """Begin to receive, as soon as Redis is there."""
        await super().startup()
        self._receiving = [asyncio.create_task(self._receive(lane), name=f"receiving: {lane}") for lane in Lane]
        for task in self._receiving:
            task.add_done_callback(report_failure)

    async def rooms(self, lanes: Collection[Lane]) -> dict[Lane, int]:
        """How many more tasks of each of these lanes may be sent: seats here, less those for messages on their way."""
        return self.seats.rooms(lanes, await self._on_their_way())

    async def _on_their_way(self) -> Counter[Lane]:
        """The messages that no worker has taken yet."""
        if self._is_alone():
            return Counter()
        first, *_ = self._streams.values()
        try:
            async with asyncio.timeout(PATIENCE), Redis(connection_pool=first.connection_pool) as redis:
                pipeline = redis.pipeline(transaction=False)
                for stream in self._streams.values():
                    pipeline.xinfo_groups(stream.queue_name)
                answers = await pipeline.execute(raise_on_error=False)
        except AWAY as error:
            self._stay_alone(error)
            return Counter()
        # A stream that nobody has read from yet, or that has just been flushed, has no group to tell of.
        told = [(lane, answer[0]) for lane, answer in zip(self._streams, answers, strict=True) if _is_told(answer)]
        return Counter({lane: group["lag"] or 0 for lane, group in told})

    async def kick(self, message: BrokerMessage) -> None:
        """Send the message to all workers; without Redis start its task here.

        Should it be sent all the same, its claim still begins once.
        """
        if not self._is_alone():
            try:
                async with asyncio.timeout(PATIENCE):
                    await self._streams[self.lane_of(message.task_name)].kick(message)
                return
            except AWAY as error:
                self._stay_alone(error)
        await super().kick(message)

    def _is_alone(self) -> bool:
        return asyncio.get_running_loop().time() < self._alone_until

    def _stay_alone(self, error: BaseException) -> None:
        _log.warning("Redis is away; reactions run where they are claimed: %r", error)
        self._alone_until = asyncio.get_running_loop().time() + PAUSE

    async def _receive(self, lane: Lane) -> None:
        while not self._stopping:
            try:
                await self._take_turns(lane)
            except AWAY as error:
                _log.info("Nothing comes from Redis in the lane %s: %r", lane, error)
                await asyncio.sleep(PAUSE)

    async def _take_turns(self, lane: Lane) -> None:
        stream = self._streams[lane]
        # The group may be gone, as after a flush: it is declared anew each time that reading failed.
        await stream.startup()
        while not self._stopping:
            room = self.seats.rooms({lane}).get(lane, 0)
            if room:
                for message in await stream.take(room):
                    self._start(message)
            else:
                self._freed.clear()
                await self._freed.wait()

    def _start(self, message: bytes) -> None:
        try:
            name = self.formatter.loads(message).task_name
        except ValueError as error:
            _log.warning("A message that is none of ours came from Redis: %r", error)
            return
        if name in self.local_task_registry:
            self.start(name, message)
        else:
            _log.info("%s is of another release; it comes back to a worker that knows it.", name)

    def _ended(self, task: asyncio.Task[None], lane: Lane) -> None:
        super()._ended(task, lane)
        self._freed.set()

    async def drain(self, within: timedelta) -> None:
        """Receive no more, then let running tasks come to their end as ever."""
        self._stopping = True
        self._freed.set()
        if self._receiving:
            _, late = await asyncio.wait(self._receiving, timeout=2 * READ_MS / 1_000)
            for task in late:
                task.cancel()
            await asyncio.gather(*self._receiving, return_exceptions=True)
        await super().drain(within)

    async def shutdown(self) -> None:
        """Close the connections, too."""
        for stream in self._streams.values():
            await stream.shutdown()
        await super().shutdown()


def _is_told(answer: object) -> bool:
    return isinstance(answer, list) and bool(answer)
