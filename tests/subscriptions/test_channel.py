"""The hint channel: hints arrive, newer ones replace those that wait, and sending can't hurt a write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import pytest
from broadcaster import Broadcast, BroadcastBackend, Event

from models.fields import new_id
from subscriptions.channel import AT_ONCE, HINTS, HintChannel
from subscriptions.reconnecting import MESSAGE_BYTES
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

    def again(self) -> None:
        """Wait for one more than there are."""
        self._count = len(self.hints) + 1
        self._enough.clear()

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
        self.messages: list[str] = []

    async def connect(self) -> None: ...

    async def disconnect(self) -> None: ...

    async def subscribe(self, group: str) -> None: ...

    async def unsubscribe(self, group: str) -> None: ...

    async def publish(self, channel: str, message: str) -> None:
        self.begun.set()
        await self.opened.wait()
        self.messages.append(message)
        await self.published.put(Event(channel, message))

    async def next_published(self) -> Event:
        return await self.published.get()


@asynccontextmanager
async def two_processes(broadcast: Broadcast | None = None) -> AsyncIterator[tuple[HintChannel, HintChannel]]:
    """The channels of two processes of a deployment."""
    async with (
        broadcast or Broadcast("memory://") as shared,
        HintChannel.over(shared) as one,
        HintChannel.over(shared) as other,
    ):
        yield one, other


async def test_a_hint_reaches_every_listener_of_every_process() -> None:
    organization, received = new_id(), [Received() for _ in range(4)]
    async with two_processes() as (here, there):
        with (
            here.listening(received[0]),
            here.listening(received[1]),
            there.listening(received[2]),
            there.listening(received[3]),
        ):
            here.send(organization, 7)
            for each in received:
                assert await each.enough() == [(organization, 7)]


async def test_the_processs_own_listeners_hear_it_at_once_and_once() -> None:
    organization, here_received, there_received = new_id(), Received(), Received(2)
    async with two_processes() as (here, there):
        with here.listening(here_received), there.listening(there_received):
            here.send(organization, 7)
            assert here_received.hints == [(organization, 7)]
            # Whatever came back to us of the first was there before the second.
            await asyncio.sleep(0)
            here.send(organization, 8)
            assert await there_received.enough() == [(organization, 7), (organization, 8)]
            assert here_received.hints == [(organization, 7), (organization, 8)]


async def test_who_has_stopped_listening_hears_nothing() -> None:
    organization, former, present = new_id(), Received(), Received()
    async with two_processes() as (here, there):
        with there.listening(former):
            pass
        with there.listening(present):
            here.send(organization, 7)
            await present.enough()
    assert former.hints == []


async def test_newer_hints_replace_those_that_wait() -> None:
    one, other, gate, received = new_id(), new_id(), Gate(), Received(3)
    async with two_processes(Broadcast(backend=gate)) as (here, there):
        with there.listening(received):
            here.send(one, 1)
            await gate.begun.wait()
            for seq in range(2, 1_000):
                here.send(one, seq)
            here.send(other, 5)
            # Commits may call in another order than they committed in.
            here.send(one, 998)
            gate.opened.set()
            assert await received.enough() == [(one, 1), (one, 999), (other, 5)]


async def test_the_hints_of_many_organizations_leave_together() -> None:
    organizations, gate, received = [new_id() for _ in range(AT_ONCE + 1)], Gate(), Received(AT_ONCE + 1)
    async with two_processes(Broadcast(backend=gate)) as (here, there):
        with there.listening(received):
            for organization in organizations:
                here.send(organization, 2**63 - 1)
            gate.opened.set()
            assert await received.enough() == [(organization, 2**63 - 1) for organization in organizations]
    assert [len(message) <= MESSAGE_BYTES for message in gate.messages] == [True, True]


async def test_hints_that_follow_each_other_closely_leave_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subscriptions.channel.PAUSE", 0.5)
    organization, gate, received = new_id(), Gate(), Received()
    gate.opened.set()
    async with two_processes(Broadcast(backend=gate)) as (here, there):
        with there.listening(received):
            for seq in range(1, 6):
                here.send(organization, seq)
                # As often as nothing else is in the way: the first has left, and those who heard it are awake.
                for _ in range(5):
                    await asyncio.sleep(0)
            while received.hints[-1:] != [(organization, 5)]:
                received.again()
                await received.enough()
    assert received.hints == [(organization, 1), (organization, 5)]


async def test_what_is_no_hint_is_left_alone(caplog) -> None:
    organization, received, name = new_id(), Received(), "0" * 16
    hint = f"{organization.hex}:1"
    async with Broadcast("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        with channel.listening(received):
            wrong = (
                "",
                "hello",
                hint,
                name,
                f"{name} {organization}:1",
                f"{name} {hint} {hint[:-1]}",
                f"{name} {hint}1 ",
            )
            for message in wrong:
                await broadcast.publish(HINTS, message)
            await broadcast.publish(HINTS, f"{name} {organization.hex}:7")
            assert await received.enough() == [(organization, 7)]
    assert len(caplog.records) == len(wrong)


async def test_a_hint_after_the_end_is_harmless() -> None:
    async with Broadcast("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        pass
    channel.send(new_id(), 1)
