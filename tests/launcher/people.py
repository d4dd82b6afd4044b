"""Processes that use an embedded PostgreSQL, and what the tests see of the server from outside."""

import asyncio
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

ROOT = Path(__file__).parents[2]
PATIENCE = 20  # seconds, for what takes a fraction of one
_USE = """
import sys
from pathlib import Path
from helpdesk.postgres import embedded_postgres

with embedded_postgres(Path(sys.argv[1]), durable=sys.argv[2] == "durable") as address:
    print(address, flush=True)
    sys.stdin.read()
"""


class User:
    """A process inside `with embedded_postgres(folder)` until told otherwise, leading a group as in a terminal."""

    def __init__(self, folder: Path, become: Callable[[], None] | None, durable: bool) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _USE, str(folder), "durable" if durable else ""],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            preexec_fn=become,
            start_new_session=True,
        )

        self.process = Process.of(self._process.pid)

    def address(self) -> str:
        """Where the server is, once it is there; else what the process said at its end."""
        assert self._process.stdout and self._process.stderr
        return self._process.stdout.readline().strip() or self._process.stderr.read()

    def leave(self) -> None:
        self._process.communicate(timeout=PATIENCE)

    def signal(self, sign: signal.Signals) -> None:
        """To the whole process group, as a terminal does."""
        os.killpg(self.process.pid, sign)
        self.leave()


@dataclass(frozen=True)
class Process:
    """One process, told apart for good from a later one of the same number."""

    pid: int
    handle: int

    @classmethod
    def of(cls, pid: int) -> "Process":
        return cls(pid, os.pidfd_open(pid))

    def kill(self) -> None:
        signal.pidfd_send_signal(self.handle, signal.SIGKILL)
        assert self.ends()

    def ends(self, within: float = PATIENCE) -> bool:
        return bool(select.select([self.handle], [], [], within)[0])

    def status(self, name: str) -> list[str]:
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(line for line in lines if line.startswith(f"{name}:")).split()[1:]


def server_of(folder: Path) -> Process:
    data = json.loads((folder / "server.json").read_text())["data"]
    return Process.of(int(Path(data, "postmaster.pid").read_text().splitlines()[0]))


def keeper_of(server: Process) -> Process:
    return Process.of(int(server.status("PPid")[0]))


def keepers_starting(folder: Path) -> list[Process]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if b"postgres_keeper\0" + bytes(folder) in (process / "cmdline").read_bytes():
                found.append(Process.of(int(process.name)))
    return found


async def ask_until_answered(address: str, question: str) -> object:
    async with asyncio.timeout(PATIENCE):
        while True:
            with suppress(OSError, asyncpg.PostgresError):
                return await ask(address, question)


async def ask(address: str, question: str) -> object:
    connection = await asyncpg.connect(address)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()
