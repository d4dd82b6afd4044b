"""docs/statements.md: how many SQL statements each operation costs, as measured"""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from typing import Any

import httpx

from graphql_api.context import Services
from graphql_api.names import camel
from models.actors import Role
from resolvers.access import OPEN_TO_ALL, PERMITTED
from tests.access.calls import arguments, caller, prepare
from tests.access.documents import ROOTS, bare, root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.client import Client
from tests.docs.blocks import ROOT
from tests.queries.test_statements import Statements, counted
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TABLE = ROOT / "docs" / "statements.md"
HEAD = """# Statements

How many SQL statements a request costs that has one operation and selects only `__typename` of its result. The look-up
of its credentials is included: a known query does it in its first statement, and again by itself if that finds nothing.
What happens only the first time (a new tag, say) is not counted.

* **Selected fields** add one statement in all if the read is planned, else one per kind of relation and level, however
  long the list (`tests/queries/test_statements.py`). A mutation that selects only columns of the ticket or message that
  it has written adds none.
* **A subscription's number** is that of opening a socket and subscribing, each with a look-up. Reading the log is not
  in it: that happens once per organization, not per subscriber.
* **An idempotency key** adds four to a mutation, or six to one that needs no transaction without it.
* **Who asks**: *admin* where neither agents nor customers may, *nobody* where no credentials are needed.

`tests/queries/test_statements_table.py` measures the numbers. If it disagrees and you mean the change:
`REWRITE=1 make test ARGS=tests/queries/test_statements_table.py`.

| operation | statements |
|---|---|
"""


async def test_each_operation_costs_what_the_table_says(
    a_helpdesk: Make, database_url: str, services: Services
) -> None:
    async with (
        counted(database_url, services) as (statements, url),
        httpx.AsyncClient(base_url=url, timeout=30) as http,
    ):
        rows = [
            (
                kind,
                name,
                [f"{who} {await cost(await a_helpdesk(), http, statements, name, who)}" for who in callers(name)],
            )
            for name, kind in root_fields().items()
        ]

    measured = HEAD + "".join(f"| {kind} `{name}` | {', '.join(costs)} |\n" for kind, name, costs in rows)
    if os.environ.get("REWRITE"):
        TABLE.write_text(measured)
    assert TABLE.read_text().splitlines() == measured.splitlines()


def callers(name: str) -> Iterable[str]:
    """Who calls an operation here."""
    if snake(name) in OPEN_TO_ALL and set(Role) <= PERMITTED[snake(name)]:
        return ["nobody"]
    usual = [role.value for role in (Role.AGENT, Role.CUSTOMER) if role in PERMITTED[snake(name)]]
    return usual or ["admin"]


async def cost(helpdesk: Helpdesk, http: httpx.AsyncClient, statements: Statements, name: str, who: str) -> int:
    """What the second of two calls costs; the first one may find types that the connection has not met, or new tags."""
    for _ in range(2):
        now = (await helpdesk.admin.query("{ feedCursor }"))["feedCursor"]
        things = await things_of(helpdesk, role=Role.AGENT if who == "nobody" else Role(who))
        await prepare(helpdesk, name, things)
        given = arguments(name, things)
        if root_fields()[name] == "subscription" and "after" in ROOTS["subscription"].fields[name].args:
            given = {**given, "after": now}
        by = Client(http, "") if who == "nobody" else replace(await caller(helpdesk, name, Role(who)), http=http)
        statements.clear()
        await succeed(by, name, given)
    return len(statements)


async def succeed(by: Client, name: str, given: dict[str, Any]) -> None:
    """Call an operation; a subscription until its first item."""
    text = bare(name, given)
    if root_fields()[name] == "subscription":
        async with by.subscription(text, **given) as feed:
            await feed.next()
        return
    result = (await by.query(text, **given))[camel(snake(name))]
    assert not isinstance(result, dict) or result["__typename"] != "Problem", (name, given)
