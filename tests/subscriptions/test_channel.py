"""The hint channel: hints arrive, newer ones replace those that wait, and sending can't hurt a write."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from broadcaster import Broadcast, BroadcastBackend, Event

from models.fields import new_id
from subscriptions.broadcasting import broadcasting
from subscriptions.channel import HINTS, HintChannel
from tests.subscriptions.parts import SOON


class Received:
    """A listener that keeps what it is told."""

    def __init__(self, count: int = 1) -> None:
        self.hints: list[tuple[UUID, int]] = []
        self._count = count
        self._enough = asyncio.Event()

    def __call__(self, organization_id: UUID, seq: int) -> None:
        self.hints.append((organization_id, seq))
        if len(self.hints) >= self._count:
            self._enough.set()

    async def enough(self) -> list[tuple[UUID, int]]:
        async with asyncio.timeout(SOON):
            await self._enough.wait()
        return self.hints


class Gate(BroadcastBackend):
    """A backend on which publishing takes until `opened`."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()
        self.published: asyncio.Queue[Event] = asyncio.Queue()

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def subscribe(self, group: str) -> None: ...

    async def unsubscribe(self, group: str) -> None: ...

    async def publish(self, channel: str, message: str) -> None:
        self.begun.set()
        await self.opened.wait()
        await self.published.put(Event(channel, message))

    async def next_published(self) -> Event:
        return await self.published.get()


async def test_a_hint_reaches_every_listener() -> None:
    organization, one, two = new_id(), Received(), Received()
    async with broadcasting("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        with channel.listening(one), channel.listening(two):
            channel.send(organization, 7)
            assert await one.enough() == await two.enough() == [(organization, 7)]


async def test_who_has_stopped_listening_hears_nothing() -> None:
    organization, former, present = new_id(), Received(), Received()
    async with broadcasting("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        with channel.listening(former):
            pass
        with channel.listening(present):
            channel.send(organization, 7)
            await present.enough()
    assert former.hints == []


async def test_newer_hints_replace_those_that_wait() -> None:
    one, other, gate, received = new_id(), new_id(), Gate(), Received(3)
    async with Broadcast(backend=gate) as broadcast, HintChannel.over(broadcast) as channel:
        with channel.listening(received):
            channel.send(one, 1)
            await gate.begun.wait()
            for seq in range(2, 1_000):
                channel.send(one, seq)
            channel.send(other, 5)
            # Commits may call in another order than they committed in.
            channel.send(one, 998)
            gate.opened.set()
            assert await received.enough() == [(one, 1), (one, 999), (other, 5)]


async def test_what_is_no_hint_is_left_alone(caplog) -> None:
    organization, received = new_id(), Received()
    async with broadcasting("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        with channel.listening(received):
            for message in ("", "hello", f"{organization.hex} -1", f"{organization} 1", f"{organization.hex} 1 1"):
                await broadcast.publish(HINTS, message)
            channel.send(organization, 7)
            assert await received.enough() == [(organization, 7)]
    assert len(caplog.records) == 5


async def test_an_unknown_address_stops_start_up_with_a_sentence() -> None:
    with pytest.raises(ValueError, match=r"HELPDESK_BROADCAST_URL can't begin with 'kafka'; it may with memory\."):
        async with broadcasting("kafka://somewhere"):
            pass


async def test_a_hint_after_the_end_is_harmless() -> None:
    async with broadcasting("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        pass
    channel.send(new_id(), 1)
