"""What it costs to be told who is at a ticket, who types, and what is being written: python -m benchmarks.live.moment

One process serves; its CPU time is counted, and each client is a socket that follows one ticket and parses nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import uvloop
from rich.console import Console
from rich.table import Table

from benchmarks.live.organizations import Tenant, found
from benchmarks.live.servers import Followed, product
from benchmarks.live.sockets import Socket, connect
from benchmarks.measuring import cpu
from graphql_api.ids import encode
from helpdesk.postgres import embedded_postgres
from models.actors import Actor, Role
from models.database import Database
from models.fields import new_id
from models.migrate import migrate
from resolvers.organizations import add_member
from resolvers.tickets import NewTicket, create_ticket
from subscriptions.broadcasting import broadcasting
from subscriptions.drafts import Drafts
from subscriptions.ephemera import Ephemera

PRESENCE = 'subscription {{ presence(ticketId: "{}") {{ peopleCount people {{ user {{ id name }} state since }} }} }}'
PROGRESS = 'subscription {{ suggestionProgress(ticketId: "{}") {{ suggestionId number status text }} }}'
SAY = 'mutation {{ setPresence(ticketId: "{}", state: {}) {{ __typename }} }}'
AT_ONCE = 20
TYPES_EVERY = 3.0
WORDS_A_SECOND = 20
QUIET = 2.0


class Person(Socket):
    """A socket whose owner says where they are."""

    def _frame(self, kind: int, payload: bytes) -> None:
        if payload.startswith(b'{"id":"1","type":"next"'):
            self.count += 1
        elif not payload.startswith(b'{"id"'):
            super()._frame(kind, payload)

    def say(self, ticket: str, state: str) -> None:
        """Say it over the socket."""
        payload = {"query": SAY.format(ticket, state)}
        self._say({"id": new_id().hex, "type": "subscribe", "payload": payload})


@dataclass(frozen=True, slots=True)
class Phase:
    """What happened in some seconds."""

    name: str
    seconds: float
    cpu: float
    delivered: int


class Crowd:
    """Sockets that all follow something."""

    def __init__(self, server: Followed, people: Sequence[Person], tickets: Sequence[str]) -> None:
        self.server = server
        self.people = people
        self.tickets = tickets

    @classmethod
    async def of(cls, server: Followed, count: int, query: str, tickets: Sequence[str]) -> Crowd:
        """So many, spread over the tickets."""

        def make(number: int) -> asyncio.Task[Person]:
            token = server.tokens[number % len(server.tokens)]
            return asyncio.create_task(Person.open(server.port, token, query.format(tickets[number % len(tickets)])))

        return cls(server, await connect(count, AT_ONCE, make), tickets)

    def ticket(self, number: int) -> str:
        """The ticket that one of them follows."""
        return self.tickets[number % len(self.tickets)]

    async def phase(self, name: str, seconds: float, doing: Callable[[], asyncio.Task[None]] | None = None) -> Phase:
        """Count for some seconds, while something is done."""
        task = doing() if doing else None
        await asyncio.sleep(1)
        before, count, started = cpu(self.server.pid), self._count(), time.monotonic()
        await asyncio.sleep(seconds)
        phase = Phase(name, time.monotonic() - started, cpu(self.server.pid) - before, self._count() - count)
        if task:
            task.cancel()
        return phase

    async def settle(self) -> None:
        """Wait until nobody is told anything any more."""
        told = -1
        while told != self._count():
            told = self._count()
            await asyncio.sleep(QUIET)

    def _count(self) -> int:
        return sum(person.count for person in self.people)

    async def type(self, typing: int) -> None:
        """Some of them type and stop typing, each at a time of their own."""
        state = "TYPING"
        while True:
            for number in range(typing):
                self.people[number].say(self.ticket(number), state)
                await asyncio.sleep(TYPES_EVERY / typing)
            state = "VIEWING" if state == "TYPING" else "TYPING"


async def measure(server: Followed, database: str, tickets: Sequence[UUID], options: argparse.Namespace) -> list[Phase]:
    """All phases, one after the other."""
    sockets, typing, seconds = options.sockets, options.typing, options.seconds
    names = [encode("tkt", each) for each in tickets]
    found = []
    for where, followed in ((f"{len(names)} tickets", names), ("one ticket", names[:1])):
        crowd = await Crowd.of(server, sockets, PRESENCE, followed)
        found.append(await crowd.phase(f"{sockets:,} follow {where}, nobody is there", seconds))
        for number, person in enumerate(crowd.people):
            person.say(crowd.ticket(number), "VIEWING")
            await asyncio.sleep(0.005)
        await crowd.settle()
        found.append(await crowd.phase(f"{sockets:,} are at {where}, nobody types", seconds))
        types = lambda crowd=crowd: asyncio.create_task(crowd.type(typing))  # noqa: E731
        found.append(await crowd.phase(f"{typing} of {sockets:,} at {where} type", seconds, types))
        for person in crowd.people:
            person.close()
    crowd = await Crowd.of(server, sockets, PROGRESS, names[:1])
    draft = lambda: asyncio.create_task(write(database, tickets[0]))  # noqa: E731
    found.append(await crowd.phase(f"{sockets:,} read a draft of one ticket", seconds, draft))
    return found


async def write(url: str, ticket: UUID) -> None:
    """Write a draft in this process, as a worker does whose model is quick."""
    async with broadcasting(url) as broadcast, Ephemera.over(broadcast) as ephemera:
        drafts, text = Drafts(ephemera), ""
        while True:
            with drafts.writing(ticket, new_id()) as told:
                for text in ("word " * count for count in range(1, 200)):
                    told(text)
                    await asyncio.sleep(1 / WORDS_A_SECOND)


async def furnish(url: str, agents: int, tickets: int) -> tuple[Tenant, list[UUID]]:
    """An organization with so many agents and tickets."""
    await migrate(url)
    async with Database.connect(url, connections=2) as database:
        tenant = await found(database, "present", agents)
        member = await add_member(database, tenant.id, Role.CUSTOMER, "Another", "another@example.test")
        customer = Actor.member(database, tenant.id, member.id, Role.CUSTOMER)
        asked = NewTicket(subject="Paper", body="There is none.")
        return tenant, [await create_ticket(customer, asked) for _ in range(tickets)]


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--typing", type=int, default=50)
    options.add_argument("--tickets", type=int, default=100)
    options.add_argument("--seconds", type=float, default=10)
    chosen = options.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(embedded_postgres(folder / "postgres"))
        tenant, tickets = asyncio.run(furnish(url, chosen.sockets, chosen.tickets))
        server = stack.enter_context(product(url, folder, tenant))
        phases = uvloop.run(measure(server, url, tickets, chosen))
    shown = Table("", "% of a core", "delivered a second", "us each")
    for phase in phases:
        each = f"{phase.cpu / phase.delivered * 1e6:.0f}" if phase.delivered else ""
        load = f"{phase.cpu / phase.seconds:.1%}"
        shown.add_row(phase.name, load, f"{phase.delivered / phase.seconds:,.0f}", each)
    Console(width=110).print(shown)
    Console().print(f"Load of the machine at the end: {', '.join(f'{load:.1f}' for load in os.getloadavg())}.")


if __name__ == "__main__":
    main()
