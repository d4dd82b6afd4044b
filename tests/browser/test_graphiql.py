"""GraphiQL as its visitors use it, in a real Chromium against a real server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from graphql import parse, validate
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.routing import Route

from graphql_api.app import Application
from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.graphiql import FOLDER, DemoAccount, GraphiQL
from graphql_api.schema import CORE_SCHEMA
from models.actors import Role
from models.database import Database
from tests.serving import serving
from tests.world import Helpdesk, World

START_QUERY = (FOLDER / "start.graphql").read_text()
HEADERS_EDITOR = ".graphiql-editor-tool .graphiql-editor:not(.hidden)"
SET_VALUE = "(editor, text) => editor.CodeMirror.setValue(text)"


@dataclass
class Visit:
    """A visitor's page, what it asked for, and what it complained about."""

    page: Page
    helpdesk: Helpdesk
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """From now on."""
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("websocket", lambda socket: self.asked.append(socket.url))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    async def be(self, role: Role) -> None:
        """Click the account of this role."""
        await self.page.get_by_role("button", name=_name(role)).click()

    async def write_query(self, text: str) -> None:
        """Replace what the query editor says."""
        await self.page.locator(".graphiql-query-editor .CodeMirror").evaluate(SET_VALUE, text)

    async def write_header(self, text: str) -> None:
        """Replace what the headers editor says."""
        await self.page.locator(f"{HEADERS_EDITOR} .CodeMirror").evaluate(SET_VALUE, text)

    async def run(self, operation: str) -> None:
        """Press the run button and choose one of the operations."""
        await self.page.get_by_role("button", name="Execute query").click()
        await self.page.get_by_role("menuitem", name=operation).click()

    async def sees_header(self, text: str) -> None:
        """Wait until the headers editor shows it."""
        await expect(self.page.locator(HEADERS_EDITOR)).to_contain_text(text)

    async def sees_result(self, text: str) -> None:
        """Wait until the result shows it."""
        await expect(self.page.get_by_label("Result Window")).to_contain_text(text)


def _name(role: Role) -> str:
    return f"{role.title()} Person"


def _accounts(world: World) -> list[DemoAccount]:
    return [
        DemoAccount("Nordlicht Audio", role, _name(role), f"{role}@example.test", world.token(role)) for role in Role
    ]


@pytest.fixture
async def visit(
    browser: Browser, database: Database, services: Services, a_helpdesk: Callable[[], Awaitable[Helpdesk]]
) -> AsyncIterator[Visit]:
    """GraphiQL, opened in a demonstration with one account of each role."""
    helpdesk = await a_helpdesk()
    graphiql = GraphiQL(_accounts(helpdesk.world))
    app = Application(Engine(database, services), page=graphiql.page, assets=graphiql.routes)
    async with serving(app) as url, await browser.new_context(viewport={"width": 1280, "height": 800}) as context:
        visit = Visit(await context.new_page(), helpdesk)
        visit.watch()
        await visit.page.goto(f"{url}/graphql")
        yield visit


async def test_one_click_fills_in_the_header_of_a_demo_account(visit: Visit) -> None:
    for role in (Role.AGENT, Role.CUSTOMER):
        await visit.be(role)

        await visit.sees_header(f'"Authorization": "Bearer {visit.helpdesk.world.token(role)}"')
        await expect(visit.page.get_by_role("button", pressed=True)).to_have_text(f"{role} {_name(role)}")


async def test_query_shows_its_result(visit: Visit) -> None:
    ticket = await visit.helpdesk.ticket(subject="The left speaker hums")
    await visit.be(Role.AGENT)

    await visit.run("LatestTickets")

    await visit.sees_result(f'"id": "{ticket["id"]}"')
    await visit.sees_result('"subject": "The left speaker hums"')


async def test_subscription_delivers_what_happens(visit: Visit) -> None:
    cursor = (await visit.helpdesk.agent.query("{ feedCursor }"))["feedCursor"]
    await visit.write_query(START_QUERY.replace("  feed {", f'  feed(after: "{cursor}") {{'))
    await visit.be(Role.AGENT)
    await visit.run("Live")

    await visit.helpdesk.ticket(subject="The right speaker hums too")

    await visit.sees_result('"subject": "The right speaker hums too"')


async def test_header_written_by_hand_is_replaced_by_a_click(visit: Visit) -> None:
    await visit.be(Role.AGENT)
    await visit.write_header('{"Authorization": "Bearer mine"}')
    await expect(visit.page.get_by_role("button", pressed=True)).to_have_count(0)

    await visit.be(Role.AGENT)

    await visit.sees_header(visit.helpdesk.world.token(Role.AGENT))


async def test_subscription_with_an_unknown_token_says_why_it_ended(visit: Visit) -> None:
    await visit.write_header('{"Authorization": "Bearer unknown"}')

    await visit.run("Live")

    await visit.sees_result("Socket closed with event 4403 This token is unknown, expired or revoked.")


async def test_nothing_is_asked_of_another_host_and_the_page_has_no_complaint(visit: Visit) -> None:
    await visit.be(Role.AGENT)
    await visit.run("AskQuestion")
    await visit.sees_result('"status": "OPEN"')
    await visit.page.get_by_role("button", name="Show Documentation Explorer").click()
    await expect(visit.page.get_by_text("Root Types")).to_be_visible()
    async with visit.page.expect_websocket():
        await visit.run("Live")

    hosts = {urlsplit(url).netloc for url in visit.asked if not url.startswith("data:")}
    assert hosts == {urlsplit(visit.page.url).netloc}
    assert any(url.startswith("ws:") for url in visit.asked)
    assert visit.complaints == []


@pytest.fixture
async def without_accounts(database: Database, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    """A browser's requests to a server that demonstrates nothing."""
    graphiql = GraphiQL()
    app = Application(Engine(database, services), page=graphiql.page, assets=graphiql.routes)
    async with serving(app) as url, httpx.AsyncClient(base_url=url, headers={"Accept": "text/html"}) as browser:
        yield browser


async def test_outside_a_demonstration_there_are_no_accounts(without_accounts: httpx.AsyncClient) -> None:
    page = await without_accounts.get("/graphql")

    assert page.status_code == 200
    assert '{"accounts": [], ' in page.text


async def test_files_are_kept_for_ever_and_the_page_is_not(without_accounts: httpx.AsyncClient) -> None:
    page = await without_accounts.get("/graphql")
    addresses = re.findall(r'(?:src|href)="(/[^"]+)"', page.text)
    files = [await without_accounts.get(address) for address in addresses]

    assert page.headers["cache-control"] == "no-store"
    assert {(file.status_code, file.headers["cache-control"]) for file in files} == {
        (200, "public, max-age=31536000, immutable")
    }
    assert len(files) == 7


async def test_missing_files_are_named(tmp_path: Path) -> None:
    graphiql = GraphiQL(folder=tmp_path)
    async with serving(Starlette(routes=[Route("/graphql", graphiql.page)])) as url, httpx.AsyncClient() as browser:
        page = await browser.get(f"{url}/graphql")

    assert page.status_code == 503
    assert page.text.startswith("GraphiQL's browser files are not installed: run `npm ci` in graphql_api/graphiql")


def test_start_query_fits_the_schema() -> None:
    assert validate(CORE_SCHEMA, parse(START_QUERY)) == []
