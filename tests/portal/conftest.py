"""Visitors of the tests' server."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.portal.visitors import Visitor


@pytest.fixture
async def visitor(server_url: str) -> AsyncIterator[Visitor]:
    """Somebody new."""
    async with httpx.AsyncClient(base_url=server_url, timeout=30) as http:
        yield Visitor(http)
