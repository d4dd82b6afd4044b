"""Ephemera: what processes tell each other for the moment"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from broadcaster import Broadcast

from subscriptions.ephemera import CHANNEL, HELLO, MESSAGE_BYTES, Entry, Ephemera


class Ear:
    """Somebody who hears a topic."""

    def __init__(self, ephemera: Ephemera, topic: str) -> None:
        self._arrived: asyncio.Queue[tuple[str, int, Entry]] = asyncio.Queue()
        ephemera.listen(topic, lambda *heard: self._arrived.put_nowait(heard))

    async def next(self) -> tuple[str, int, Entry]:
        """Who said something, under which number, and what."""
        async with asyncio.timeout(30):
            return await self._arrived.get()

    @property
    def silent(self) -> bool:
        """Whether nothing waits to be heard."""
        return self._arrived.empty()


@asynccontextmanager
async def two_processes() -> AsyncIterator[tuple[Broadcast, Ephemera, Ephemera]]:
    """A broadcast, and two processes on it that have met."""
    async with (
        Broadcast("memory://") as broadcast,
        Ephemera.over(broadcast) as one,
        Ephemera.over(broadcast) as another,
    ):
        ear = Ear(one, HELLO)
        await ear.next()
        yield broadcast, one, another


async def test_an_entry_reaches_the_others_with_a_name_and_a_growing_number() -> None:
    async with two_processes() as (_, one, another):
        there, here = Ear(another, "weather"), Ear(one, "weather")
        one.send("weather", "berlin", ["rain", 12])
        first = await there.next()
        one.send("weather", "berlin", ["sun", 20])
        second = await there.next()
        one.send("news", "x", ["nothing"])
        another.send("weather", "kiel", ["wind"])

        assert (first[0], first[2]) == (one.name, ["rain", 12])
        assert (second[0], second[2]) == (one.name, ["sun", 20])
        assert second[1] > first[1]
        assert await here.next() == (another.name, 2, ["wind"])
        assert there.silent


async def test_the_newest_of_a_key_is_sent() -> None:
    async with two_processes() as (_, one, another):
        ear = Ear(another, "weather")
        for degrees in range(100):
            one.send("weather", "berlin", [degrees])
        one.send("weather", "kiel", [7])

        assert [(await ear.next())[2] for _ in range(2)] == [[99], [7]]
        assert ear.silent


async def test_messages_are_short() -> None:
    async with two_processes() as (broadcast, one, another):
        ear = Ear(another, "weather")
        async with broadcast.subscribe(CHANNEL) as subscription:
            for number in range(300):
                one.send("weather", number, [number, "x" * 90])
            heard = [(await ear.next())[2][0] for _ in range(300)]
            messages: list[str] = []
            while sum(message.count("x" * 90) for message in messages) < 300:
                messages.append((await subscription.get()).message)

    assert heard == list(range(300))
    assert max(len(message.encode()) for message in messages) <= MESSAGE_BYTES
    assert len(messages) == 8


@pytest.mark.parametrize("rubbish", ["", "{}", "[1,2,3]", '["a",1,"weather",[["odd"]]]', '["a",1,"weather",7]', "null"])
async def test_what_is_not_ours_is_passed_over(rubbish: str, caplog: pytest.LogCaptureFixture) -> None:
    async with two_processes() as (broadcast, one, another):
        heard: asyncio.Queue[Any] = asyncio.Queue()

        def listener(_process: str, _number: int, entry: Entry) -> None:
            heard.put_nowait({"rain": 1}[entry[0]])

        another.listen("weather", listener)
        await broadcast.publish(CHANNEL, rubbish)
        one.send("weather", None, ["rain"])
        async with asyncio.timeout(30):
            assert await heard.get() == 1

    assert "can't be read" in caplog.text


async def test_an_entry_that_no_message_has_room_for_is_refused() -> None:
    async with two_processes() as (_, one, another):
        ear = Ear(another, "weather")
        with pytest.raises(ValueError, match=r"An entry may have 3,920 bytes\."):
            one.send("weather", None, ["x" * MESSAGE_BYTES])
        one.send("weather", None, ["x" * 3_900])
        assert (await ear.next())[2] == ["x" * 3_900]
