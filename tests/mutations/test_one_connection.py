"""No operation holds one connection while it waits for another: a pool of one is enough for each"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import httpx

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Role
from models.database import Database
from resolvers.access import PERMITTED
from tests.access.calls import arguments, ask, code_of, prepare
from tests.access.documents import root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.client import Client
from tests.serving import serving
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

EVERYTHING = """{ feedCursor viewer { user { name } } tickets { totalCount nodes {
  requester { name } category { name } messages { totalCount nodes { author { name } } }
  suggestions { nodes { sources { article { title } } } } } } }"""


async def test_every_operation_makes_do_with_one_connection(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    helpdesk = await a_helpdesk()
    names = [name for name, kind in root_fields().items() if kind != "subscription"]
    # Only so many policies and calendars are kept: those who need them come last.
    names.sort(key=lambda name: "sla" in snake(name).split("_") or "business" in snake(name))
    calls = {name: await things_of(helpdesk) for name in names}
    for name, things in calls.items():
        await prepare(helpdesk, name, things)
    session = await helpdesk.world.session_of(helpdesk.world.agent)

    async with (
        Database.connect(database_url, connections=1) as database,
        serving(Application(Engine(database, services))) as url,
        httpx.AsyncClient(base_url=url, timeout=40) as http,
        asyncio.timeout(40),
    ):
        by_role = {role: Client(http, helpdesk.world.token(role)) for role in (Role.AGENT, Role.ADMIN, Role.CUSTOMER)}
        agent = by_role[Role.AGENT]
        callers = {
            name: next(client for role, client in by_role.items() if role in PERMITTED[snake(name)]) for name in calls
        }
        callers["signOut"] = Client(http, "").with_cookie(session)
        # Several at a time: each must give its connection back before the next one gets it. Not all, or a slow
        # machine keeps the last of them waiting beyond the time limit.
        a_few = asyncio.Semaphore(10)

        async def in_turn(name: str, things: Mapping[str, str]) -> Any:
            async with a_few:
                return await ask(callers[name], name, arguments(name, things))

        answers = await asyncio.gather(
            *(in_turn(name, things) for name, things in calls.items()), *(agent.query(EVERYTHING) for _ in range(3))
        )

    for name, answer in zip(calls, answers, strict=False):
        assert code_of(name, answer) is None, (name, answer)
