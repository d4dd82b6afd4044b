"""A command of the helpdesk that dies and is started again, quickly enough to have it die a hundred times."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self, TextIO

PATIENCE = 90.0


class Child:
    """`up` is set while the command takes work."""

    def __init__(self, nursery: Process, arguments: Sequence[str], ready: bytes, log: TextIO) -> None:
        self.up = asyncio.Event()
        self._nursery = nursery
        self._arguments = arguments
        self._ready = ready
        self._log = log
        self._pid = 0
        self._end: asyncio.Task[int] | None = None

    @classmethod
    @asynccontextmanager
    async def of(
        cls, arguments: Sequence[str], ready: bytes, environment: Mapping[str, str], log: Path
    ) -> AsyncIterator[Self]:
        """A command with this environment, not started yet; killed when the block ends."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("HELPDESK_")}
        nursery = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "benchmarks.faults.nursery"),
            env={**own, **environment},
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
        )
        with log.open("a") as file:
            child = cls(nursery, arguments, ready, file)
            reading = asyncio.create_task(child._read())
            try:
                yield child
            finally:
                await child.kill()
                nursery.kill()
                await asyncio.gather(nursery.wait(), reading)

    async def start(self, **environment: str) -> None:
        """Come back when it is ready; it may have died since."""
        if self._nursery.stdin is None:
            raise LookupError("the nursery has no input")
        asked = {"arguments": self._arguments, "environment": environment}
        self._nursery.stdin.write(json.dumps(asked).encode() + b"\n")
        self._pid = await self._number()
        self._end = asyncio.create_task(self._number())
        up = asyncio.create_task(self.up.wait())
        await asyncio.wait({up, self._end}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not up.done():
            up.cancel()
            if not self._end.done():
                raise TimeoutError(f"{self._arguments} is not ready; its log says why")

    async def ended(self) -> int:
        """Its status, once it has ended."""
        if self._end is None:
            return 0
        status = await asyncio.shield(self._end)
        self.up.clear()
        return status

    def signal(self, sign: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._end and not self._end.done():
            os.kill(self._pid, sign)

    async def kill(self) -> None:
        """End it as a power cut would."""
        self.up.clear()
        self.signal(signal.SIGKILL)
        await self.ended()

    async def _number(self) -> int:
        if self._nursery.stdout is None:
            raise LookupError("the nursery has no output")
        return int(await self._nursery.stdout.readline())

    async def _read(self) -> None:
        if self._nursery.stderr is None:
            raise LookupError("the nursery has no log")
        while line := await self._nursery.stderr.readline():
            self._log.write(line.decode(errors="replace"))
            self._log.flush()
            if self._ready in line:
                self.up.set()
