"""The main job on real data, live: a customer asks, an agent sees the ticket and a cited draft, accepts, resolves.

Starts a server of its own, imports a help centre, and makes the trip for each question over HTTP and two WebSocket
connections. Prints how long the agent waits, from the moment at which the customer's mutation was answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table
from websockets.asyncio.client import connect

SHARED = Path("../shared/data")
PATIENCE = 60.0

CREATE = """
mutation Ask($subject: String!, $body: String!) {
  createTicket(input: {subject: $subject, body: $body}) {
    ... on Ticket { id number }
    ... on Problem { code message }
  }
}"""
AGENT_FEED = """
subscription Desk {
  feed {
    __typename
    ... on Event { ticket { id } }
    ... on SuggestionReady { suggestion { id body confidence status sources { title excerpt url } } }
  }
}"""
CUSTOMER_FEED = """
subscription Mine {
  feed {
    __typename
    ... on Event { ticket { id status } }
    ... on MessageAdded { message { authorKind body } }
  }
}"""
ACCEPT = "mutation($id: ID!) { acceptSuggestion(suggestionId: $id) { ... on Problem { code message } } }"
RESOLVE = "mutation($id: ID!) { resolveTicket(ticketId: $id) { ... on Problem { code message } } }"


@dataclass(frozen=True, slots=True)
class Trip:
    """One question's way: seconds from the mutation's answer; a negative one means that the event was faster."""

    question: str
    created: float
    ready: float
    confidence: float
    source: str
    answered: float


class Inbox:
    """What one subscription delivered, with the time of arrival; whoever waits is woken by each item."""

    def __init__(self) -> None:
        self._items: list[tuple[float, dict[str, Any]]] = []
        self._grown = asyncio.Condition()

    async def put(self, item: dict[str, Any]) -> None:
        """One more."""
        async with self._grown:
            self._items.append((time.perf_counter(), item))
            self._grown.notify_all()

    async def first(self, wanted: Callable[[dict[str, Any]], bool]) -> tuple[float, dict[str, Any]]:
        """The first item of this kind, and when it came."""
        seen = 0
        async with asyncio.timeout(PATIENCE), self._grown:
            while True:
                for arrival in self._items[seen:]:
                    if wanted(arrival[1]):
                        return arrival
                seen = len(self._items)
                await self._grown.wait()


@asynccontextmanager
async def following(url: str, token: str, subscription: str) -> AsyncIterator[Inbox]:
    """An inbox of one subscription on a WebSocket of its own."""
    inbox = Inbox()
    address = url.replace("http", "ws", 1) + "/graphql"
    async with connect(address, subprotocols=["graphql-transport-ws"], max_size=None) as socket:  # type: ignore[list-item]
        await socket.send(json.dumps({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
        if json.loads(await socket.recv())["type"] != "connection_ack":
            raise ConnectionError("the server did not acknowledge the connection")
        await socket.send(json.dumps({"id": "feed", "type": "subscribe", "payload": {"query": subscription}}))
        # A pong after the subscribe says that the server has read it.
        await socket.send('{"type":"ping"}')
        while json.loads(await socket.recv())["type"] != "pong":
            continue

        async def read() -> None:
            async for frame in socket:
                message = json.loads(frame)
                if message["type"] == "next":
                    await inbox.put(message["payload"]["data"]["feed"])
                elif message["type"] == "ping":
                    await socket.send('{"type":"pong"}')

        reader = asyncio.create_task(read())
        try:
            yield inbox
        finally:
            reader.cancel()


async def journey(
    url: str, agent_token: str, customer_token: str, questions: Sequence[str], done: Callable[[Trip], None]
) -> list[Trip]:
    """Make the trip for each question, one after the other."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=PATIENCE))
        agent = await stack.enter_async_context(following(url, agent_token, AGENT_FEED))
        customer = await stack.enter_async_context(following(url, customer_token, CUSTOMER_FEED))

        async def call(token: str, text: str, **variables: str) -> Any:
            answer = await http.post(
                "/graphql",
                json={"query": text, "variables": variables},
                headers={"Authorization": f"Bearer {token}"},
            )
            body = answer.json()
            (result,) = (body.get("data") or {"": body}).values()
            if "errors" in body or "code" in result:
                raise RuntimeError(f"the mutation was refused: {body}")
            return result

        trips = []
        for question in questions:
            trips.append(await _trip(question, agent, customer, agent_token, customer_token, call))
            done(trips[-1])
        return trips


async def _trip(
    question: str,
    agent: Inbox,
    customer: Inbox,
    agent_token: str,
    customer_token: str,
    call: Callable[..., Awaitable[Any]],
) -> Trip:
    ticket = await call(customer_token, CREATE, subject=question[:120], body=question)
    asked = time.perf_counter()

    def about(kind: str) -> Callable[[dict[str, Any]], bool]:
        return lambda item: item["__typename"] == kind and item["ticket"]["id"] == ticket["id"]

    created, _ = await agent.first(about("TicketCreated"))
    ready, event = await agent.first(about("SuggestionReady"))
    suggestion = event["suggestion"]
    await call(agent_token, ACCEPT, id=suggestion["id"])
    _, answer = await customer.first(
        lambda item: about("MessageAdded")(item) and item["message"]["authorKind"] == "AGENT"
    )
    if answer["message"]["body"] != suggestion["body"]:
        raise RuntimeError("the customer got another answer than the draft that was accepted")
    await call(agent_token, RESOLVE, id=ticket["id"])
    resolved, _ = await customer.first(about("TicketResolved"))
    source = suggestion["sources"][0]["title"] if suggestion["sources"] else ""
    return Trip(question, created - asked, ready - asked, suggestion["confidence"], source, resolved - asked)


def table(trips: Sequence[Trip]) -> Table:
    """The trips and, last, their medians and worst."""
    shown = Table("question", "TicketCreated", "SuggestionReady", "confidence", "from the article", "resolved")
    for trip in trips:
        shown.add_row(trip.question[:60], *_times(trip), f"{trip.confidence:.2f}", trip.source[:40], _ms(trip.answered))
    columns = [[trip.created for trip in trips], [trip.ready for trip in trips], [trip.answered for trip in trips]]
    for name, pick in (("median", statistics.median), ("worst", max)):
        created, ready, answered = (_ms(pick(column)) for column in columns)
        shown.add_row(f"[bold]{name}[/bold]", created, ready, "", "", answered)
    return shown


def _times(trip: Trip) -> tuple[str, str]:
    return _ms(trip.created), _ms(trip.ready)


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


@contextmanager
def server(folder: Path, *, demo: bool = False) -> Iterator[tuple[str, Callable[..., str]]]:
    """A server on a new folder; its address, and a way to run `helpdesk` commands beside it."""
    # One token measures what the server can do, not what one token may.
    unlimited = {"HELPDESK_COST_PER_MINUTE": "1000000000"}
    environment = {**os.environ, "HELPDESK_DATA": str(folder), "HELPDESK_PORT": "8000", **unlimited}
    wanted = "--demo" if demo else "--no-demo"
    process = subprocess.Popen([sys.executable, "-m", "helpdesk", "up", wanted], env=environment)

    def helpdesk(*words: str) -> str:
        command = [sys.executable, "-m", "helpdesk", *words]
        return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()

    try:
        yield _address(process, folder / "demo.json"), helpdesk
    finally:
        process.terminate()
        process.wait(30)


def _address(process: subprocess.Popen[bytes], ready_file: Path) -> str:
    for _ in range(600):
        if ready_file.exists():
            return str(json.loads(ready_file.read_text())["url"])
        if process.poll() is not None:
            raise RuntimeError("the server ended before it was ready")
        time.sleep(0.1)
    raise TimeoutError("the server was not ready within a minute")


def main() -> None:
    """Run the journey and print its table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--articles", type=Path, default=SHARED / "arduino_help_center")
    options.add_argument("--questions", type=Path, default=SHARED / "arduino_questions.jsonl")
    options.add_argument("--count", type=int, default=20)
    chosen = options.parse_args()
    lines = [json.loads(line) for line in chosen.questions.read_text(encoding="utf-8").splitlines()]
    questions = [line["question"] for line in lines if line["label"] == "ANSWERABLE"][: chosen.count]
    console = Console()
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as (url, helpdesk):
        helpdesk("organization", "create", "Arduino", "--slug", "arduino")
        helpdesk("import", "articles", str(chosen.articles), "--organization", "arduino")
        agent, customer = (
            helpdesk("token", "create", "--organization", "arduino", "--email", f"{role}@journey.test", "--role", role)
            for role in ("agent", "customer")
        )
        trips = asyncio.run(
            journey(url, agent, customer, questions, lambda trip: console.print(_ms(trip.ready), trip.question))
        )
    console.print(table(trips))


if __name__ == "__main__":
    main()
