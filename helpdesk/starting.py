"""Starts what the commands start: everything with demo data, the API alone, a worker."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from graphql_api.app import PATH, Application
from graphql_api.execution import Engine
from graphql_api.graphiql import DemoAccount, GraphiQL
from graphql_api.portal.routes import portal_routes
from helpdesk.demo.seed import Account, demo_accounts, seed_demo
from helpdesk.house import House, broadcast_address, knowledge_base, migrated_database, open_house, working
from helpdesk.serving import free_listener, listener_on, serve, spare_the_collector
from models.settings import Settings
from subscriptions.broadcasting import IN_PROCESS, broadcasting
from subscriptions.channel import HintChannel
from subscriptions.drafts import Drafts
from subscriptions.ephemera import Ephemera

LOOPBACK = "127.0.0.1"


async def up(settings: Settings, address: str, told: Callable[[str], None], *, demo: bool = True) -> None:
    """Migrate, seed, serve; ends when told to by a signal."""
    # The database has only the tokens' hashes.
    tokens_file = settings.folder / "demo-tokens.json"
    async with migrated_database(address, connections=2) as database:
        if demo:
            await seed_demo(database, told)
        accounts = await demo_accounts(database, _read(tokens_file))
    _write(tokens_file, {account.email: account.token for account in accounts})
    with free_listener(LOOPBACK, settings.port) as listener:
        port = listener.getsockname()[1]
        url = f"http://{LOOPBACK}:{port}"
        # What a demo would have sent is for whoever looks around.
        shown = settings.outbox_shown or (demo and settings.smtp_url is None)
        # Usually there is no other process, and one that comes is heard of within a second.
        broadcast = settings.broadcast_url or IN_PROCESS
        chosen = replace(settings, port=port, outbox_shown=shown, broadcast_url=broadcast)
        async with open_house(chosen, address, tasks=True) as house:
            described = {"url": url, "console": url + PATH, "accounts": [_public(account) for account in accounts]}

            def ready() -> None:
                _write(_ready_file(settings), described)
                told(f"Ready: {url}{PATH}")

            engine = Engine(house.database, house.services)
            app = api(house, engine, accounts)
            await serve(app, listener, ready, leaving(house, app), lambda: told(engine.told()))
            # Another server on this folder may have written its own meanwhile.
            if _read(_ready_file(settings)).get("url") == url:
                forget_last_start(settings)
    told("Stopped.")


def forget_last_start(settings: Settings) -> None:
    """Whoever waits for demo.json must not find that of a server which is gone, perhaps killed."""
    _ready_file(settings).unlink(missing_ok=True)


def _ready_file(settings: Settings) -> Path:
    return settings.folder / "demo.json"


def api(house: House, engine: Engine, accounts: Sequence[Account] = ()) -> Application:
    """The application of a house; `accounts` are offered to whoever opens it in a browser."""
    graphiql = GraphiQL([DemoAccount(**asdict(account)) for account in accounts])
    return Application(
        engine,
        page=graphiql.page,
        assets=graphiql.routes,
        portal=portal_routes(house.services),
        health=[house.readiness.route],
        allowed_origins=house.settings.allowed_origins,
        limits=house.settings.limits,
    )


def leaving(house: House, app: Application) -> Callable[[], None]:
    """What is done once a process is told to stop: it is no longer ready, and what lasts ends."""

    def leave() -> None:
        house.readiness.stop()
        app.end_streams()

    return leave


async def serve_api(settings: Settings, address: str, host: str, *, tasks: bool, told: Callable[[str], None]) -> None:
    """Serve the API on exactly the port of the settings; ends when told to by a signal."""
    with listener_on(host, settings.port) as listener:
        async with open_house(settings, address, tasks=tasks) as house:
            engine = Engine(house.database, house.services)
            app = api(house, engine)
            address = f"http://{host}:{settings.port}{PATH}"
            ready = partial(told, f"Serving {address}")
            await serve(app, listener, ready, leaving(house, app), lambda: told(engine.told()))


async def work(settings: Settings, address: str, told: Callable[[str], None]) -> None:
    """Work through reactions; ends when told to by a signal."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with (
        migrated_database(address) as database,
        broadcasting(broadcast_address(settings, address)) as broadcast,
        HintChannel.over(broadcast) as hints,
        Ephemera.over(broadcast) as ephemera,
        knowledge_base(settings, database) as knowledge,
        working(settings, database, hints, knowledge, Drafts(ephemera)),
    ):
        database.on_commit(hints.send)
        spare_the_collector()
        told("Working.")
        await stop.wait()


def _public(account: Account) -> dict[str, str]:
    return {
        "organization": account.organization,
        "role": account.role.name,
        "email": account.email,
        "token": account.token,
    }


def _read(path: Path) -> dict[str, Any]:
    """What `_write` wrote, {} if there is nothing."""
    content: dict[str, Any] = orjson.loads(path.read_bytes()) if path.exists() else {}
    return content


def _write(path: Path, content: object) -> None:
    """Whole or not at all, for the owner's eyes only."""
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(orjson.dumps(content, option=orjson.OPT_INDENT_2))
    draft.replace(path)
