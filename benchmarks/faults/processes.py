"""The helpdesk's own processes, as an operator starts them: started, killed, started again on the same port."""

from __future__ import annotations

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

PATIENCE = 90.0
SERVE, WORK = ("-m", "helpdesk", "serve"), ("-m", "helpdesk", "worker")


@dataclass
class Program:
    """A command that says on standard error when it is ready. What it says goes to a log."""

    command: Sequence[str]
    ready: bytes
    environment: Mapping[str, str]
    log: TextIO
    process: Process | None = None
    _reading: asyncio.Task[None] | None = field(default=None, repr=False)

    async def start(self, **environment: str) -> Process:
        """Start it and come back when it is ready; raises RuntimeError where it ends before."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        given = {**own, **self.environment, **environment}
        self.process = await asyncio.create_subprocess_exec(sys.executable, *self.command, env=given, stderr=PIPE)
        is_ready = asyncio.Event()
        self._reading = asyncio.create_task(self._read(self.process, is_ready))
        waiting = asyncio.create_task(is_ready.wait())
        await asyncio.wait({waiting, self._reading}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if not is_ready.is_set():
            raise RuntimeError(f"{' '.join(self.command)} did not get ready; its log says why")
        return self.process

    async def _read(self, process: Process, is_ready: asyncio.Event) -> None:
        if process.stderr is None:
            raise LookupError("its standard error is not ours to read")
        while line := await process.stderr.readline():
            self.log.write(line.decode(errors="replace"))
            self.log.flush()
            if self.ready in line:
                is_ready.set()

    async def ended(self) -> int:
        """Its status, once it has ended."""
        if self.process is None:
            raise LookupError("it was never started")
        status = await self.process.wait()
        if self._reading:
            await self._reading
        return status

    async def kill(self) -> None:
        """Kill it as a power cut would, and come back when it is gone."""
        if self.process and self.process.returncode is None:
            self.process.kill()
        await self.ended()


@asynccontextmanager
async def program(
    command: Sequence[str], ready: bytes, environment: Mapping[str, str], log: Path
) -> AsyncIterator[Program]:
    """A command that is not started yet; at the end of the block it is stopped, and killed where that takes long."""
    with log.open("a") as file:
        made = Program(command, ready, environment, file)
        try:
            yield made
        finally:
            if made.process and made.process.returncode is None:
                made.process.terminate()
                try:
                    async with asyncio.timeout(30):
                        await made.ended()
                except TimeoutError:
                    await made.kill()
