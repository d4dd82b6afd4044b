"""outbox: what the organization would have sent"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from models.actors import Actor, Role
from models.settings import Settings
from tests.client import Client, GraphQLErrors
from tests.mail.post import postman
from tests.serving import serving
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

OUTBOX = """query($after: String) { outbox(first: 1, after: $after) { totalCount
  nodes { mail { kind status recipient { name } ticket { number } } subject text html raw }
  pageInfo { hasNextPage endCursor } } }"""


async def asked(services: Services, settings: Settings, helpdesk: Helpdesk, after: str | None = None) -> Any:
    """What an admin reads on a server with these settings."""
    app = Application(Engine(services.database, replace(services, settings=settings)))
    async with serving(app) as url, httpx.AsyncClient(base_url=url, timeout=30) as http:
        return (await Client(http, helpdesk.world.token(Role.ADMIN)).query(OUTBOX, after=after))["outbox"]


async def test_an_admin_reads_what_would_have_been_sent(a_helpdesk: Make, services: Services, tmp_path: Path) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    for each in (other, helpdesk):
        await each.ticket(subject="It broke & fell")
        await each.ticket(subject="Again")
        worker = postman(each.world, tmp_path, "mail_of_ticket")
        await worker.step(Actor.system(each.world.database, each.world.id))
    shown = replace(services.settings, folder=tmp_path)

    first = await asked(services, shown, helpdesk)
    second = await asked(services, shown, helpdesk, first["pageInfo"]["endCursor"])

    nodes = {node["mail"]["ticket"]["number"]: node for page in (first, second) for node in page["nodes"]}
    assert first["totalCount"] == 2
    assert [page["pageInfo"]["hasNextPage"] for page in (first, second)] == [True, False]
    assert nodes[1]["mail"] == {
        "kind": "TICKET_CONFIRMATION",
        "status": "SENT",
        "recipient": {"name": "Customer"},
        "ticket": {"number": 1},
    }
    assert nodes[1]["subject"] == "[#1] It broke & fell"
    assert nodes[1]["text"].startswith("Hello Customer,\n\nThank you")
    assert "It broke &amp; fell" in nodes[1]["html"]
    assert "\r\nAuto-Submitted: auto-generated\r\n" in nodes[1]["raw"]


async def test_a_mail_whose_file_is_removed_is_there_without_its_text(
    a_helpdesk: Make, services: Services, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    worker = postman(helpdesk.world, tmp_path, "mail_of_ticket")
    await worker.step(Actor.system(helpdesk.world.database, helpdesk.world.id))
    for path in tmp_path.glob("outbox/*/*.eml"):
        path.unlink()

    (node,) = (await asked(services, replace(services.settings, folder=tmp_path), helpdesk))["nodes"]

    assert node["mail"]["status"] == "SENT"
    assert (node["subject"], node["text"], node["html"], node["raw"]) == (None, None, None, None)


async def test_nobody_reads_it_where_the_operator_does_not_show_it(a_helpdesk: Make, services: Services) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await asked(services, replace(services.settings, outbox_shown=False), helpdesk)

    (error,) = refused.value.errors
    assert error["extensions"]["code"] == "NOT_ALLOWED"
    assert error["message"] == "Mail is not shown here: the operator has not set HELPDESK_OUTBOX_SHOWN."


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_it_is_for_admins(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await getattr(helpdesk, role).query(OUTBOX)

    assert [error["extensions"]["code"] for error in refused.value.errors] == ["NOT_ALLOWED"]


async def test_a_page_has_up_to_a_hundred_rows(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refused:
        await helpdesk.admin.query("{ outbox(first: 101) { totalCount } }")

    (error,) = refused.value.errors
    assert (error["extensions"]["code"], error["message"]) == ("INVALID_INPUT", "A page has 0 to 100 rows.")
