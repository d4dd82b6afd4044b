"""The broadcast over PostgreSQL and over Redis: it carries, it comes back, and nobody waits for it"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from broadcaster import Broadcast
from broadcaster._base import Subscriber

from benchmarks.faults.redis_server import RedisServer, a_redis
from subscriptions.broadcasting import DeploymentBroadcast, broadcasting
from subscriptions.reconnecting import MESSAGE_BYTES, Line, Received, ReconnectingBackend, Timing
from tests.subscriptions.carriers import Carrier
from tests.subscriptions.parts import SOON

CHANNEL = "helpdesk_test"


@pytest.fixture(scope="module")
async def redis() -> AsyncIterator[RedisServer]:
    """A Redis of these tests' own."""
    async with a_redis() as server:
        yield server


@pytest.fixture(params=["postgres", "redis"])
def carrier(request: pytest.FixtureRequest, database_url: str) -> Carrier:
    """Each of the two."""
    if request.param == "postgres":
        return Carrier.postgres(database_url)
    return Carrier.redis(request.getfixturevalue("redis").url)


async def until_carried(sender: Broadcast, subscriber: Subscriber, message: str) -> None:
    """Say it until it is heard; what was lost was said before."""
    hearing = asyncio.create_task(_heard(subscriber, message))
    async with asyncio.timeout(SOON):
        while not hearing.done():
            await sender.publish(CHANNEL, message)
            await asyncio.wait({hearing}, timeout=0.05)


async def until_back(*broadcasts: DeploymentBroadcast) -> None:
    """Come back when none of them is away."""
    async with asyncio.timeout(SOON):
        while any(each.away for each in broadcasts):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)


async def _heard(subscriber: Subscriber, message: str) -> None:
    while (await subscriber.get()).message != message:
        continue


async def test_what_one_process_says_all_hear(carrier: Carrier) -> None:
    async with (
        broadcasting(carrier.url) as one,
        broadcasting(carrier.url) as other,
        one.subscribe(CHANNEL) as here,
        other.subscribe(CHANNEL) as there,
        asyncio.timeout(SOON),
    ):
        said = [f"{number} schön" for number in range(200)]
        await asyncio.gather(*(one.publish(CHANNEL, each) for each in said))
        assert [(await here.get()).message for _ in said] == [(await there.get()).message for _ in said] == said
        assert not one.away


async def test_a_connection_that_ends_is_replaced(carrier: Carrier, caplog: pytest.LogCaptureFixture) -> None:
    async with (
        broadcasting(carrier.url) as one,
        broadcasting(carrier.url) as other,
        one.subscribe(CHANNEL) as here,
        other.subscribe(CHANNEL) as there,
    ):
        for number in range(3):
            await carrier.cut()
            await until_carried(one, there, f"round {number}")
            await until_carried(other, here, f"round {number}, back")
            await until_back(one, other)
    # Each of the two says so, once a round.
    lost = [record for record in caplog.records if record.getMessage().startswith("The broadcast is away;")]
    assert (len(lost), len(caplog.records)) == (6, 12)


@pytest.mark.parametrize("url", ["postgres://nobody@127.0.0.1:1/nothing", "redis://127.0.0.1:1"])
async def test_a_broadcast_that_is_away_stops_nothing(url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with broadcasting(url) as broadcast, broadcast.subscribe(CHANNEL):
        assert broadcast.away
        await broadcast.publish(CHANNEL, "lost")
    (told,) = caplog.records
    assert told.getMessage().startswith("The broadcast is away; what other processes write is told a second later, and")
    assert told.levelno == logging.WARNING


async def test_an_address_that_is_none_stops_the_start() -> None:
    with pytest.raises(ValueError, match="Port could not be cast"):
        async with asyncio.timeout(SOON), broadcasting("redis://127.0.0.1:port"):
            pass


async def test_a_redis_that_is_killed_and_comes_back() -> None:
    async with a_redis() as server, broadcasting(server.url) as one, one.subscribe(CHANNEL) as here:
        await until_carried(one, here, "before")
        await server.kill()
        async with asyncio.timeout(SOON):
            while not one.away:
                await one.publish(CHANNEL, "lost")
                await asyncio.sleep(0)
        await server.start()
        await until_carried(one, here, "after")


async def test_a_message_has_its_length(carrier: Carrier) -> None:
    async with broadcasting(carrier.url) as broadcast, broadcast.subscribe(CHANNEL) as here:
        with pytest.raises(ValueError, match=r"may have 7,999 bytes\."):
            await broadcast.publish(CHANNEL, "ü" * (MESSAGE_BYTES // 2 + 1))
        await broadcast.publish(CHANNEL, "x" * MESSAGE_BYTES)
        async with asyncio.timeout(SOON):
            assert len((await here.get()).message) == MESSAGE_BYTES


@dataclass
class Wire:
    """A line of which a test decides what it does."""

    received: Received
    carries: bool = True
    stuck: bool = False
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self, _channel: str) -> None: ...

    async def publish(self, channel: str, message: str) -> None:
        if self.stuck:
            await asyncio.Event().wait()
        if self.carries:
            self.received(channel, message)


class Wires:
    """Dials; keeps what it dialled."""

    def __init__(self, *, carries: bool = True) -> None:
        self.carries = carries
        self.dialled: list[Wire] = []
        self.more = asyncio.Event()

    @asynccontextmanager
    async def __call__(self, received: Received) -> AsyncIterator[Line]:
        wire = Wire(received, self.carries)
        self.dialled.append(wire)
        self.more.set()
        yield wire

    async def next(self) -> Wire:
        """The next wire that is dialled."""
        self.more.clear()
        async with asyncio.timeout(SOON):
            await self.more.wait()
        return self.dialled[-1]


QUICK = Timing(patience=0.3, proof_every=0.05, first_pause=0.01, longest_pause=0.02)


async def test_a_line_that_is_open_and_carries_nothing_is_away(caplog: pytest.LogCaptureFixture) -> None:
    wires = Wires(carries=False)
    backend = ReconnectingBackend(wires, (OSError,), QUICK)
    async with Broadcast(backend=backend):
        assert backend.away
        for _ in range(3):
            await wires.next()
    (told,) = caplog.records
    assert "nothing comes back of what is sent; is there a pooler in between?" in told.getMessage()


async def test_a_line_that_falls_silent_is_found_out_and_replaced() -> None:
    wires = Wires()
    backend = ReconnectingBackend(wires, (OSError,), QUICK)
    async with Broadcast(backend=backend) as broadcast, broadcast.subscribe(CHANNEL) as here:
        wires.dialled[0].carries = False
        second = await wires.next()
        assert second.carries
        await until_carried(broadcast, here, "again")


async def test_nobody_waits_for_a_line_that_takes_nothing() -> None:
    wires = Wires()
    backend = ReconnectingBackend(wires, (OSError,), Timing(patience=0.3, first_pause=60, longest_pause=60))
    async with Broadcast(backend=backend) as broadcast, asyncio.timeout(SOON):
        wires.dialled[0].stuck = True
        await asyncio.gather(*(broadcast.publish(CHANNEL, "lost") for _ in range(1_000)))
        assert wires.dialled[0].lost.is_set()
