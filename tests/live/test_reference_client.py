"""The reference client (clients/ts), run by Node against the real server: nothing lost, nothing doubled"""

from __future__ import annotations

import asyncio
import json
import shutil
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.ids import encode
from models.actors import Role
from models.database import Database
from subscriptions.cursor import Position
from tests.live.following import now
from tests.live.proxy import Proxy
from tests.programs import FOLDER, PACKAGES, node, output
from tests.serving import serving
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

CLIENT = Path(__file__).parents[2] / "clients" / "ts" / "feed.ts"
SOON = 30
TSC = (
    "--strict --noUncheckedIndexedAccess --skipLibCheck --module nodenext --target es2022 --lib es2022,dom"
    " --rewriteRelativeImportExtensions"
)


@pytest.fixture(scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has copied the client, and compiled it strictly."""
    made = tmp_path_factory.mktemp("client")
    shutil.copy(CLIENT, made)
    shutil.copy(FOLDER / "follow_feed.ts", made)
    (made / "package.json").write_text('{"type": "module"}')
    (made / "node_modules").symlink_to(PACKAGES)
    compiler = PACKAGES / "typescript" / "bin" / "tsc"
    assert await output(node(), compiler, *TSC.split(), "follow_feed.ts", folder=made) == ""
    return made


class Follower:
    """The client's process and what it has said."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self.ids: list[str] = []
        self.cursors: list[str] = []

    async def hear(self) -> Any:
        """The next thing that it says."""
        assert self._process.stdout is not None
        async with asyncio.timeout(SOON):
            said = json.loads(await self._process.stdout.readline())
        if isinstance(said, dict) and "id" in said:
            self.ids.append(said["id"])
            self.cursors.append(said["cursor"])
        return said

    async def hear_again(self, wanted: object) -> None:
        """Come back when it has said so."""
        while await self.hear() != wanted:
            pass

    async def hear_of(self, event_id: str) -> None:
        """Come back when it has told of an event."""
        while not self.ids or self.ids[-1] != event_id:
            await self.hear()


@asynccontextmanager
async def following(folder: Path, port: int, token: str, after: str) -> AsyncIterator[Follower]:
    url = f"ws://127.0.0.1:{port}/graphql"
    process = await asyncio.create_subprocess_exec(node(), "follow_feed.js", url, token, after, stdout=PIPE, cwd=folder)
    try:
        yield Follower(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def log_of(helpdesk: Helpdesk, after: int) -> list[str]:
    """The ids of an organization's events, as the log has them."""
    rows = await helpdesk.world.database.fetch(
        "SELECT id FROM support_event WHERE organization_id = $1 AND seq > $2 AND visibility IN ('customer', 'staff')"
        " ORDER BY seq",
        helpdesk.world.id,
        after,
    )
    return [encode("evt", row["id"]) for row in rows]


async def test_connections_are_cut_and_servers_replaced_while_events_flow(
    a_helpdesk: Make, database: Database, services: Services, folder: Path
) -> None:
    helpdesk, random = await a_helpdesk(), Random(8)
    start = await now(helpdesk.agent)
    seq = services.cursors.open(start).seq
    token = helpdesk.world.token(Role.AGENT)

    async def write() -> None:
        for number in range(random.randint(2, 8)):
            ticket = await helpdesk.ticket(subject=f"Number {number}")
            await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hm.", "internal": True})

    async with Proxy.open("") as proxy, following(folder, proxy.port, token, start) as follower:
        for number in range(3):
            # A server that stops tells its clients so (1012); the next one listens elsewhere.
            async with serving(Application(Engine(database, services))) as proxy.target:
                await follower.hear_again({"connected": number > 0})
                for _ in range(4):
                    writing = asyncio.create_task(write())
                    await follower.hear()
                    proxy.cut()
                    await follower.hear_again({"connected": True})
                    await writing
        async with serving(Application(Engine(database, services))) as proxy.target:
            expected = await log_of(helpdesk, seq)
            await follower.hear_of(expected[-1])

    assert follower.ids == expected
    assert len(set(follower.cursors)) == len(expected)


async def test_a_log_that_was_restored_asks_for_a_resync_and_goes_on(
    a_helpdesk: Make, server_url: str, services: Services, folder: Path
) -> None:
    helpdesk = await a_helpdesk()
    here = services.cursors.open(await now(helpdesk.agent))
    elsewhere = services.cursors.seal(Position(here.epoch + 1, here.organization_id, here.seq))
    port = int(server_url.rpartition(":")[2])

    async with following(folder, port, helpdesk.world.token(Role.AGENT), elsewhere) as follower:
        assert [await follower.hear(), await follower.hear()] == [{"connected": False}, "resync"]
        await helpdesk.ticket()
        expected = await log_of(helpdesk, here.seq)
        await follower.hear_of(expected[-1])

    assert follower.ids == expected


@pytest.mark.parametrize(("end", "code"), [("revoked", 4401), ("removed", 4403)])
async def test_whoever_is_shut_out_is_told_and_does_not_come_back(
    a_helpdesk: Make, server_url: str, folder: Path, end: str, code: int
) -> None:
    helpdesk = await a_helpdesk()
    start, port = await now(helpdesk.agent), int(server_url.rpartition(":")[2])

    async with following(folder, port, helpdesk.world.token(Role.AGENT), start) as follower:
        await helpdesk.ticket()
        await follower.hear()
        await follower.hear()
        if end == "revoked":
            await helpdesk.world.database.execute(
                "UPDATE support_api_token SET revoked_at = now() WHERE membership_id = $1", helpdesk.world.agent.user_id
            )
        else:
            await helpdesk.admin.remove_member(input={"user_id": encode("usr", helpdesk.world.agent.user_id)})
        while not isinstance(said := await follower.hear(), dict) or "ended" not in said:
            pass

    # The feed's own end may come a moment before the socket's.
    refused = [{"message": "You are no longer a member of this organization.", "extensions": {"code": "FORBIDDEN"}}]
    assert said["ended"] in (code, refused)
    assert said["after"] == follower.cursors[-1]
