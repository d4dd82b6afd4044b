"""A feed over a real log, woken by hints in memory; it never polls, so what arrives came by a hint."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from models.database import Database
from subscriptions.broadcasting import broadcasting
from subscriptions.channel import HintChannel
from subscriptions.feed import Feed
from tests.subscriptions.parts import NEVER


@pytest.fixture(scope="session")
async def hints(database: Database) -> AsyncIterator[HintChannel]:
    """A channel that every commit of `database` is hinted on."""
    async with broadcasting("memory://") as broadcast, HintChannel.over(broadcast) as channel:
        database.on_commit(channel.send)
        yield channel


@pytest.fixture
async def feed(database: Database, hints: HintChannel) -> AsyncIterator[Feed]:
    """A process's feeds."""
    async with Feed.open(database, hints, poll=NEVER) as opened:
        yield opened
