"""A timer goes on after an outage, and says so"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from tasks.looking import looking


async def test_a_timer_looks_again_after_an_outage(caplog: pytest.LogCaptureFixture) -> None:
    outages, looked = [ConnectionError("away"), TimeoutError()], asyncio.Event()

    async def turn() -> None:
        if outages:
            raise outages.pop(0)
        looked.set()

    async with looking(turn, timedelta(milliseconds=1), "the timer of tests"), asyncio.timeout(20):
        await looked.wait()

    assert [record.getMessage() for record in caplog.records] == [
        "The timer of tests could not look and will try again: ConnectionError('away')",
        "The timer of tests could not look and will try again: TimeoutError()",
    ]
