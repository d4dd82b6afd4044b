"""Drafts: what other processes and late readers know of a text that is being written"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import pytest
from broadcaster import Broadcast

from models.fields import new_id
from subscriptions.background import background
from subscriptions.drafts import PART, DraftPiece, Drafts, DraftTiming
from subscriptions.ephemera import CHANNEL, MESSAGE_BYTES, Ephemera

QUICK = DraftTiming(pace=0.01, heartbeat=0.05, hearsay=1)


async def until(pieces: AsyncGenerator[DraftPiece, None], text: str | None) -> DraftPiece:
    """The piece that says this."""
    async with asyncio.timeout(30):
        async for piece in pieces:
            if piece.text == text:
                return piece
    raise AssertionError("it has ended")


@asynccontextmanager
async def two_processes() -> AsyncIterator[tuple[Broadcast, Drafts, Drafts]]:
    """A broadcast and two processes on it."""
    async with (
        Broadcast("memory://") as broadcast,
        Ephemera.over(broadcast) as one,
        Ephemera.over(broadcast) as another,
    ):
        yield broadcast, Drafts(one, QUICK), Drafts(another, QUICK)


async def test_another_process_reads_along_and_hears_of_the_end() -> None:
    ticket, draft = new_id(), new_id()
    async with two_processes() as (_, here, there):
        with there.reading(ticket) as pieces:
            with here.writing(ticket, draft) as told:
                told("Turn it")
                first = await until(pieces, "Turn it")
                told("Turn it on.")
                second = await until(pieces, "Turn it on.")
                assert there.is_written(draft)
            last = await until(pieces, None)

        assert {first.suggestion_id, second.suggestion_id, last.suggestion_id} == {draft}
        assert first.number < second.number < last.number
        assert not here.is_written(draft)
        assert not there.is_written(draft)


async def test_who_comes_late_begins_with_the_whole_text() -> None:
    ticket, draft = new_id(), new_id()
    async with two_processes() as (_, here, there):
        with there.reading(ticket) as pieces, here.writing(ticket, draft) as told:
            told("Turn it")
            await until(pieces, "Turn it")
            for process in (here, there):
                with process.reading(ticket) as late:
                    assert (await anext(late)).text == "Turn it"


async def test_a_process_that_comes_late_hears_it_soon() -> None:
    ticket, draft = new_id(), new_id()
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as one:
        with Drafts(one, DraftTiming(heartbeat=60)).writing(ticket, draft) as told:
            told("Turn it")
            async with Ephemera.over(broadcast) as another:
                with Drafts(another, QUICK).reading(ticket) as pieces:
                    await until(pieces, "Turn it")


@pytest.mark.parametrize("letter", ["a", "\x01", "\U0001f600"])
async def test_a_long_text_travels_in_parts_that_fit(letter: str) -> None:
    ticket, draft, text = new_id(), new_id(), ""
    async with two_processes() as (broadcast, here, there), broadcast.subscribe(CHANNEL) as subscription:
        with there.reading(ticket) as pieces, here.writing(ticket, draft) as told:
            for _ in range(5):
                text += letter * (PART - 100)
                told(text)
                await until(pieces, text)
        async with asyncio.timeout(30):
            messages = [(await subscription.get()).message for _ in range(5)]
    assert max(len(message.encode()) for message in messages) <= MESSAGE_BYTES


async def test_a_part_that_was_lost_comes_again() -> None:
    ticket, draft, text = new_id(), new_id(), "a" * PART + "b" * PART + "c"
    process = "0123456789abcdef"

    def said(place: int, number: int = 1) -> str:
        part = [text[:PART], text[PART : 2 * PART], "c"][place]
        return f'["{process}",{number},"draft",[["{ticket.hex}","{draft.hex}",{number},{place},3,"{part}"]]]'

    async with two_processes() as (broadcast, _, there):
        with there.reading(ticket) as pieces:
            await broadcast.publish(CHANNEL, said(0))
            await broadcast.publish(CHANNEL, said(2))
            # Nobody is shown a text with a hole in it.
            await until(pieces, text[:PART])
            await broadcast.publish(CHANNEL, said(1))
            await until(pieces, text)


async def test_who_missed_the_end_of_an_attempt_reads_the_next_one() -> None:
    ticket, draft = new_id(), new_id()
    async with (
        Broadcast("memory://") as one,
        Broadcast("memory://") as another,
        Ephemera.over(one) as sending,
        Ephemera.over(another) as receiving,
        one.subscribe(CHANNEL) as said,
    ):

        async def carry() -> None:
            while True:
                message = (await said.get()).message
                if "null" not in message:
                    await another.publish(CHANNEL, message)

        here, there = Drafts(sending, QUICK), Drafts(receiving, QUICK)
        async with background(carry(), "all but ends"):
            with there.reading(ticket) as pieces:
                with here.writing(ticket, draft) as told:
                    for text in ("Turn", "Turn it", "Turn it on"):
                        told(text)
                        await until(pieces, text)
                with here.writing(ticket, draft) as told:
                    told("Press")
                    await until(pieces, "Press")


async def test_of_who_falls_silent_nobody_waits_for_more() -> None:
    ticket, draft = new_id(), new_id()
    async with Broadcast("memory://") as broadcast, Ephemera.over(broadcast) as another:
        there, killed = Drafts(another, QUICK), Ephemera.over(broadcast)
        with there.reading(ticket) as pieces:
            writer = Drafts(await killed.__aenter__(), QUICK).writing(ticket, draft)
            writer.__enter__()("Turn it")
            await until(pieces, "Turn it")
            # As after kill -9.
            await killed.__aexit__(None, None, None)
            assert (await until(pieces, None)).suggestion_id == draft


async def test_readers_of_other_tickets_hear_nothing() -> None:
    ticket, other, draft = new_id(), new_id(), new_id()
    here = Drafts(timing=QUICK)
    with here.reading(other) as pieces, here.writing(ticket, new_id()) as told:
        told("Turn it")
        with here.writing(other, draft):
            assert (await anext(pieces)).suggestion_id == draft


async def test_who_reads_slowly_gets_the_newest_and_the_end() -> None:
    ticket, draft = new_id(), new_id()
    here = Drafts(timing=DraftTiming(pace=0))
    with here.reading(ticket) as pieces:
        with here.writing(ticket, draft) as told:
            for number in range(100):
                told(f"{number}")
                await asyncio.sleep(0)
        read = [await anext(pieces) for _ in range(2)]

    assert [piece.text for piece in read] == ["99", None]


async def test_a_second_attempt_at_a_draft_outlives_the_first() -> None:
    ticket, draft = new_id(), new_id()
    here = Drafts(timing=QUICK)
    first, second = here.writing(ticket, draft), here.writing(ticket, draft)
    first.__enter__()("First.")
    told = second.__enter__()
    first.__exit__(None, None, None)
    told("Second.")
    with here.reading(ticket) as pieces:
        await until(pieces, "Second.")
    second.__exit__(None, None, None)

    assert not here.is_written(draft)
