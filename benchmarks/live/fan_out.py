"""What one delivered event costs: each server in turn sends events to all its subscribers.

Counted is all CPU time that a server's process uses meanwhile: of the product also the mutation, its checks and the
statements; of the others only the sending.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from benchmarks.live.sample import QUERY
from benchmarks.live.servers import Followed
from benchmarks.live.sockets import Following, connect, reached
from benchmarks.measuring import cpu
from benchmarks.raw_http import Connection

AT_ONCE = 50
FIRST_WITHIN = 5.0


class Audience:
    """A server's subscribers."""

    def __init__(self, server: Followed, connections: Sequence[Following]) -> None:
        self.server = server
        self.connections = connections

    @classmethod
    async def of(cls, server: Followed, count: int) -> Audience:
        """So many, all of whom are being sent events."""

        def make(number: int) -> Awaitable[Following]:
            return server.open(server.port, server.tokens[number % len(server.tokens)], QUERY)

        audience = cls(server, await connect(count, AT_ONCE, make))
        await audience._wait_for_all()
        return audience

    async def _wait_for_all(self) -> None:
        """A server has read a subscription a moment before it follows."""
        while True:
            try:
                return await self.publish(1, FIRST_WITHIN)
            except TimeoutError:
                if not all(each.count for each in self.connections):
                    continue

    async def publish(self, events: int, within: float = 60.0) -> None:
        """Events one after the other, each when all have the one before."""
        # Servers hang up on a connection that rests between rounds.
        connection = await Connection.open(self.server.port)
        try:
            for _ in range(events):
                counts = [each.count + 1 for each in self.connections]
                answer = await connection.ask(self.server.publish())
                if b"errors" in answer or b"Problem" in answer:
                    raise RuntimeError(f"{self.server.name}: {answer!r}")
                await reached(self.connections, counts, within)
        finally:
            connection.close()

    async def round(self, events: int) -> float:
        """Microseconds of the server's CPU for each delivered event."""
        before = cpu(self.server.pid)
        await self.publish(events)
        return (cpu(self.server.pid) - before) / events / len(self.connections) * 1e6

    def close(self) -> None:
        """Hang up."""
        for each in self.connections:
            each.close()


async def fan_out(
    servers: Sequence[Followed], count: int, events: int, rounds: int, told: Callable[[str], None]
) -> dict[str, list[float]]:
    """The rounds of each server by its name; all are connected all the time."""
    audiences = []
    for server in servers:
        told(f"Connecting {count:,} clients to {server.name}")
        audiences.append(await Audience.of(server, count))
    found: dict[str, list[float]] = {server.name: [] for server in servers}
    for number in range(rounds):
        first = number % len(audiences)
        for audience in (*audiences[first:], *audiences[:first]):
            told(f"Round {number + 1} of {rounds}: {audience.server.name}")
            found[audience.server.name].append(await audience.round(events))
    for audience in audiences:
        audience.close()
    return found
