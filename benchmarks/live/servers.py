"""The servers that are followed, each a process of its own; whoever publishes to one sends it a request."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from benchmarks.live.organizations import Tenant
from benchmarks.live.sample import EVENT
from benchmarks.live.sockets import Opening, Socket
from benchmarks.live.streams import Stream
from benchmarks.peers.postgraphile import node
from benchmarks.raw_http import post
from benchmarks.servers import free_port, product_environment, started

PEER = Path(__file__).parent / "graphql_ws.mjs"
PRODUCT, STREAMS, BARE, NODE, VANILLA = (
    "helpdesk",
    "helpdesk, event streams",
    "bare ASGI",
    "graphql-ws on Node",
    "Strawberry",
)


@dataclass(frozen=True, slots=True)
class Followed:
    """A server that runs. `publish` makes the request that has it send one event to each of its subscribers, who come
    by `open`."""

    name: str
    port: int
    pid: int
    tokens: Sequence[str]
    publish: Callable[[], bytes]
    open: Opening = Socket.open


@contextmanager
def product(database: str, folder: Path, tenant: Tenant) -> Iterator[Followed]:
    """`helpdesk serve` as an operator runs it."""
    port = free_port()
    with serving_product(database, folder, port) as pid:
        yield Followed(PRODUCT, port, pid, tenant.tokens, tenant.message)


def by_streams(server: Followed, tenant: Tenant) -> Followed:
    """The same server, where others follow another organization by event streams."""
    return replace(server, name=STREAMS, tokens=tenant.tokens, publish=tenant.message, open=Stream.open)


@contextmanager
def serving_product(database: str, folder: Path, port: int) -> Iterator[int]:
    """The product on a port; its process's id."""
    environment = product_environment(database, folder, port)
    with started(PRODUCT, [sys.executable, "-m", "helpdesk", "serve"], port, environment) as pid:
        yield pid


@contextmanager
def peer(name: str, command: Sequence[str | Path]) -> Iterator[Followed]:
    """A server that knows neither people nor a database."""
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "EVENT": orjson.dumps(EVENT).decode(), "NODE_ENV": "production"}
    with started(name, command, port, environment) as pid:
        yield Followed(name, port, pid, [""], lambda: post("/publish", b""))


def peers() -> dict[str, Sequence[str | Path]]:
    """The commands of all peers that can run here."""
    python = {
        name: [sys.executable, "-m", f"benchmarks.live.{module}"]
        for name, module in ((BARE, "bare"), (VANILLA, "vanilla"))
    }
    program = node()
    return python if program is None else {**python, NODE: [program, PEER]}
