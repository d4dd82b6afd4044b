"""The servers of a comparison, each a process of its own on a port of this machine, on one database."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers.postgraphile import FOLDER, node, why_not
from benchmarks.spelling import Floor, Idiomatic, PostGraphile, Product, Spelling

PATIENCE = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A server that runs."""

    name: str
    port: int
    pid: int
    spelling: Spelling


@contextmanager
def product(
    database: str, folder: Path, token: str, command: Sequence[str] = ("-m", "helpdesk", "serve")
) -> Iterator[Server]:
    """`helpdesk serve` as an operator runs it. One token measures what the server can do, not what one token may."""
    port = free_port()
    environment = product_environment(database, folder, port)
    with running("helpdesk", [sys.executable, *command], port, environment, Product(token)) as server:
        yield server


def product_environment(database: str, folder: Path, port: int) -> dict[str, str]:
    """What the product is started with. What else the caller has set would be measured too."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
    raised = {"HELPDESK_COST_PER_MINUTE": "1000000000", "HELPDESK_MAX_SOCKETS": "1000000"}
    settings = {"HELPDESK_PORT": str(port), "HELPDESK_DATA": str(folder), **raised}
    return own | settings | {"DATABASE_URL": database}


@contextmanager
def floor(database: str) -> Iterator[Server]:
    """The hand-written endpoint."""
    with _python("floor", database, Floor()) as server:
        yield server


@contextmanager
def idiomatic(database: str) -> Iterator[Server]:
    """Strawberry, Tortoise and DataLoaders."""
    with _python("idiomatic", database, Idiomatic()) as server:
        yield server


@contextmanager
def postgraphile(database: str) -> Iterator[Server]:
    """PostGraphile 5; `benchmarks.peers.postgraphile.why_not` says where it can't run."""
    port, program = free_port(), node()
    if program is None:
        raise RuntimeError(why_not())
    environment = {**os.environ, "PORT": str(port), "DATABASE_URL": database, "GRAPHILE_ENV": "production"}
    command = [program, FOLDER / "server.mjs"]
    with running("postgraphile", command, port, environment | {"NODE_ENV": "production"}, PostGraphile()) as server:
        yield server


@contextmanager
def _python(name: str, database: str, spelling: Spelling) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, "-m", f"benchmarks.peers.{name}"]
    environment = {**os.environ, "PORT": str(port), "DATABASE_URL": database}
    with running(name, command, port, environment, spelling) as server:
        yield server


@contextmanager
def running(
    name: str, command: Sequence[str | Path], port: int, environment: Mapping[str, str], spelling: Spelling
) -> Iterator[Server]:
    """Start a server, wait until it takes connections, and end it with the block."""
    with started(name, command, port, environment) as pid:
        yield Server(name, port, pid, spelling)


@contextmanager
def started(name: str, command: Sequence[str | Path], port: int, environment: Mapping[str, str]) -> Iterator[int]:
    """A process that takes connections, as long as the block lasts; its id."""
    process = subprocess.Popen(command, env=environment)
    try:
        _wait(name, process, port)
        yield process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(name: str, process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended before it was ready")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(f"{name} was not ready within a minute")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
