"""`make bench`: what the server costs, on a server of its own with the demo data.

Server CPU is utime + stime of the server's process per request, PostgreSQL's that of its processes; both the least of
several rounds. Latency is the time from a mutation's answer to the event's arrival at an agent's socket.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from rich.console import Console
from rich.table import Table

from benchmarks.journey import following, server

TICKET = """
query Ticket { tickets(first: 1) { nodes {
  id number subject status priority requester { name email } assignee { name }
  messages(last: 5) { nodes { id body authorKind createdAt author { name } } } } } }"""
LIST = """
query List { tickets(first: 50, orderBy: {field: UPDATED_AT}) { nodes {
  id number subject status priority createdAt updatedAt version reopenCount messageCount tags
  requester { name email } assignee { name } lastMessage { authorKind createdAt } } } }"""
CREATE = """
mutation Create { createTicket(input: {subject: "bench", body: "bench"}) { ... on Ticket { id number } } }"""
FEED = "subscription { feed { __typename ... on Event { ticket { id } } } }"
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds per request."""

    server: float
    postgres: float


def cpu(pids: Sequence[int]) -> float:
    """CPU seconds that processes have used, their ended children included."""
    found = [_stat(Path(f"/proc/{pid}")) for pid in pids]
    return sum(sum(map(int, fields[11:15])) for fields in found if fields) / TICKS


def _stat(process: Path) -> list[str]:
    """The figures that the kernel keeps of a process; none of one that has just ended."""
    try:
        return (process / "stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def processes(folder: Path) -> tuple[int, list[int]]:
    """The server on a data folder, and PostgreSQL's processes beneath it."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(entry)):
            found[int(entry.name)] = (int(fields[1]), (entry / "cmdline").read_bytes())
    postmaster = next(
        pid for pid, (_, line) in found.items() if b"postgres\0-D" in line and str(folder).encode() in line
    )
    backends = [pid for pid, (parent, _) in found.items() if parent == postmaster]
    (own,) = (pid for pid, (parent, line) in found.items() if parent == os.getpid() and b"helpdesk" in line)
    return own, [postmaster, *backends]


async def cost(url: str, token: str, query: str, folder: Path, requests: int, rounds: int, connections: int) -> Cost:
    """The least CPU per request of several rounds."""
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers) as http:

        async def some(count: int) -> None:
            for _ in range(count):
                answer = await http.post("/graphql", json={"query": query})
                if "errors" in answer.json():
                    raise RuntimeError(answer.text)

        await asyncio.gather(*(some(3) for _ in range(connections)))
        measured = []
        for _ in range(rounds):
            own, postgres = processes(folder)
            before = cpu([own]), cpu(postgres)
            await asyncio.gather(*(some(requests // connections) for _ in range(connections)))
            after = cpu([own]), cpu(postgres)
            measured.append([(late - early) / requests * 1000 for early, late in zip(before, after, strict=True)])
    return Cost(min(server for server, _ in measured), min(postgres for _, postgres in measured))


async def settled(folder: Path) -> None:
    """Wait until the server has nothing left to do: after the start it indexes the help centres."""
    own, _ = processes(folder)
    used = -1.0
    while (now := cpu([own])) - used > 0.05:
        used = now
        await asyncio.sleep(1)


async def latencies(url: str, agent: str, customer: str, count: int) -> list[float]:
    """Seconds from a mutation's answer to the event at the agent's socket; 0 where the event was faster."""
    async with httpx.AsyncClient(base_url=url) as http, following(url, agent, FEED) as inbox:
        found = []
        for _ in range(count):
            answer = await http.post(
                "/graphql", json={"query": CREATE}, headers={"Authorization": f"Bearer {customer}"}
            )
            answered = time.perf_counter()
            ticket = answer.json()["data"]["createTicket"]["id"]

            def wanted(item: dict[str, object], ticket: str = ticket) -> bool:
                return item["__typename"] == "TicketCreated" and item["ticket"] == {"id": ticket}

            arrived, _item = await inbox.first(wanted)
            found.append(max(0.0, arrived - answered))
    return found


async def measure(url: str, folder: Path, rounds: int, requests: int) -> None:
    """Measure and print."""
    await settled(folder)
    accounts = json.loads((folder / "demo.json").read_bytes())["accounts"]
    tokens = {(account["organization"], account["role"]): account["token"] for account in accounts}
    agent, customer = tokens["Kilowick", "AGENT"], tokens["Kilowick", "CUSTOMER"]
    table = Table("", "server CPU", "PostgreSQL CPU")
    for name, query in (
        ("a ticket, people, last 5 messages", TICKET),
        ("50 tickets, people, tags, last message", LIST),
    ):
        found = await cost(url, agent, query, folder, requests, rounds, 8)
        table.add_row(name, f"{found.server:.2f} ms", f"{found.postgres:.2f} ms")
    console = Console()
    console.print(table)
    times = sorted(await latencies(url, agent, customer, 200))
    p99 = times[int(len(times) * 0.99)]
    console.print(f"commit to client: p50 {statistics.median(times) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms")


def main() -> None:
    """Start a server with the demo data and measure it."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--requests", type=int, default=200)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as name, server(Path(name), demo=True) as (url, _helpdesk):
        asyncio.run(measure(url, Path(name), chosen.rounds, chosen.requests))


if __name__ == "__main__":
    main()
