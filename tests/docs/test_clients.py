"""docs/clients.md: every sample does what it says, against a real server"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from models.actors import Role
from tests.docs.blocks import ROOT, Block, blocks
from tests.programs import PACKAGES, node, output
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

GUIDE = ROOT / "docs" / "clients.md"
CURL = [block for block in blocks(GUIDE) if block.language == "sh"]


def samples(language: str, heading: str) -> list[Block]:
    """The guide's blocks below a heading."""
    return [block for block in blocks(GUIDE) if (block.language, block.heading) == (language, heading)]


def environment(helpdesk: Helpdesk, server_url: str, **more: str) -> dict[str, str]:
    """Where a sample finds the server, as the guide says."""
    token = helpdesk.world.token(Role.CUSTOMER)
    return {"PATH": os.environ["PATH"], "HELPDESK_URL": f"{server_url}/graphql", "HELPDESK_TOKEN": token, **more}


def test_nothing_in_the_guide_is_left_out() -> None:
    """Those in toml, yaml, ts and the second in Python are tests/clients/test_typed_clients.py's."""
    languages = [block.language for block in blocks(GUIDE)]

    assert languages == ["sh", "sh", "sh", "js", "js", "python", "toml", "python", "yaml", "ts"]


async def curl(helpdesk: Helpdesk, server_url: str, sample: Block) -> Any:
    written = await output("sh", "-c", sample.text, folder=ROOT, environment=environment(helpdesk, server_url))
    return json.loads(written)


async def test_curl_reads_and_writes(a_helpdesk: Make, server_url: str) -> None:
    helpdesk = await a_helpdesk()
    reading, writing, _ = CURL

    first, again = [await curl(helpdesk, server_url, writing) for _ in range(2)]
    read = await curl(helpdesk, server_url, reading)

    ticket = first["data"]["createTicket"]
    assert ticket["number"] == 1
    assert again == first
    assert read["data"]["tickets"]["nodes"] == [{**ticket, "subject": "Hub blinks red", "status": "OPEN"}]


async def test_curl_follows(a_helpdesk: Make, server_url: str) -> None:
    helpdesk = await a_helpdesk()
    cursor = (await helpdesk.customer.query("{ feedCursor }"))["feedCursor"]
    await helpdesk.ticket()

    process = await asyncio.create_subprocess_exec(
        "sh", "-c", f"exec {CURL[2].text}", stdout=PIPE, env=environment(helpdesk, server_url, CURSOR=cursor)
    )
    assert process.stdout
    async with asyncio.timeout(20):
        lines = [await process.stdout.readline() for _ in range(5)]
    process.kill()
    await process.wait()

    events = [json.loads(line.removeprefix(b"data: ")) for line in lines if line.startswith(b"data: ")]
    assert [event["data"]["feed"]["__typename"] for event in events] == ["TicketCreated", "MessageAdded"]


@pytest.mark.parametrize("library", ["urql", "Apollo"])
async def test_javascript(a_helpdesk: Make, server_url: str, tmp_path: Path, library: str) -> None:
    helpdesk = await a_helpdesk()
    (sample,) = samples("js", library)
    (tmp_path / "sample.mjs").write_text(sample.text)
    (tmp_path / "node_modules").symlink_to(PACKAGES)

    said = await output(node(), "sample.mjs", folder=tmp_path, environment=environment(helpdesk, server_url))

    created, *events = said.splitlines()
    assert json.loads(created)["number"] == 1
    assert events == ["TicketCreated", "MessageAdded"]


async def test_httpx(a_helpdesk: Make, server_url: str, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    (sample,) = samples("python", "Python: httpx")
    (tmp_path / "sample.py").write_text(sample.text)

    said = await output(sys.executable, "sample.py", folder=tmp_path, environment=environment(helpdesk, server_url))

    assert "'number': 1" in said
