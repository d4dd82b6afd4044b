"""Looks for the document of a given size that costs the event loop most: `.venv/bin/python -m benchmarks.hostile`.

Families of documents that are known to hurt GraphQL servers are grown to the size and then changed at random, for as
long as asked; the slowest found is printed. Time is the CPU time of the loop's own thread, from the request to the
answer, with a database that has no rows: what rows cost is bounded by `cost`.
"""

from __future__ import annotations

import asyncio
import random
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import UUID

from graphql_api.context import Services
from graphql_api.execution import Engine
from graphql_api.requests import GraphQLRequest, Refusal
from graphql_api.schema import CORE_SCHEMA
from models.actors import Actor, ActorKind, Role
from models.database import Database
from models.links import Links
from models.settings import Limits, Settings
from rag.knowledge import KnowledgeBase
from subscriptions.cursor import Cursors, Position
from subscriptions.feed import Feed

KILOBYTE = 1_000
LARGE = 12_000
"""More than 2,000 tokens of anything but long names and texts; cut to 2,000."""


def _repeated(
    before: str, part: Callable[[int], str], after: str = "", tail: Callable[[int], str] = lambda _n: ""
) -> Any:
    """Grows a document by as many parts as it holds."""

    def grow(size: int) -> str:
        number, inside, end = 0, "", ""
        while len(before) + len(inside) + len(part(number)) + len(after) + len(tail(number)) <= size:
            inside += part(number)
            number += 1
            end = tail(number)
        return before + inside + after + end

    return grow


def _nested(before: str, opening: str, inside: str, closing: str, after: str) -> Any:
    def grow(size: int) -> str:
        times = (size - len(before + inside + after)) // len(opening + closing)
        return before + opening * times + inside + closing * times + after

    return grow


FAMILIES: Mapping[str, Callable[[int], str]] = {
    "chained fragments": _repeated(
        "{viewer{user{...F0}}}",
        lambda n: f"fragment F{n} on User{{...F{n + 1} ...F{n + 1}}}",
        tail=lambda n: f"fragment F{n} on User{{id}}",
    ),
    "chained fragments through fields": _repeated(
        '{ticket(id:"x"){...F0}}',
        lambda n: f"fragment F{n} on Ticket{{a:followUpOf{{...F{n + 1}}}b:followUpOf{{...F{n + 1}}}}}",
        tail=lambda n: f"fragment F{n} on Ticket{{id}}",
    ),
    "fragments in a circle": _repeated(
        "{viewer{user{...F0}}}",
        lambda n: f"fragment F{n} on User{{...F{n + 1} ...F{n + 2}}}",
        tail=lambda n: f"fragment F{n} on User{{...F0}} fragment F{n + 1} on User{{...F0}}",
    ),
    "every fragment spreads all": _repeated(
        "{viewer{user{...A}}} fragment A on User{", lambda n: "...A...B", "}fragment B on User{...A...B}"
    ),
    "aliases": _repeated("{", lambda n: f"a{n}:feedCursor ", "}"),
    "aliased pages": _repeated("{", lambda n: f"a{n}:tickets{{totalCount}}", "}"),
    "conflicting fields": _repeated("{viewer{user{", lambda n: "a:id a:name ", "}}}"),
    "one conflict at the end": _repeated("{viewer{user{", lambda n: "a:id ", "a:name}}}"),
    "the same field": _repeated("{viewer{user{", lambda n: "id ", "}}}"),
    "the same object": _repeated("{", lambda n: "viewer{user{id}}", "}"),
    "typename": _repeated("{", lambda n: "__typename ", "}"),
    "directives": _repeated("{viewer", lambda n: "@skip(if:false)", "{role}}"),
    "directives on many fields": _repeated("query($a:Boolean!){", lambda n: "viewer@skip(if:$a){role}", "}"),
    "unknown directives": _repeated("{viewer", lambda n: f"@a{n}", "{role}}"),
    "unknown fields": _repeated("{", lambda n: f"tikets{n} ", "}"),
    "nearly known fields": _repeated("{", lambda n: "ticketByNumbre ", "}"),
    "unknown arguments": _repeated("{tickets(", lambda n: f"firs{n}:1 ", "){totalCount}}"),
    "unknown types": _repeated("{node(id:1){", lambda n: f"...on Tickte{n}{{id}}", "}}"),
    "unknown enum values": _repeated("{tickets(filter:{status:[", lambda n: "OPNE ", "]}){totalCount}}"),
    "impossible spreads": _repeated("{viewer{user{", lambda n: "...on Ticket{id}", "}}}"),
    "deep selections": _nested('{ticket(id:"x"){', "followUpOf{", "id", "}", "}}"),
    "deep inline fragments": _nested("{viewer{user{", "...{", "id", "}", "}}}"),
    "many inline fragments": _repeated("{node(id:1){", lambda n: "...on Ticket{id}...on User{id}", "}}"),
    "conflicts of many types": _repeated(
        "{node(id:1){", lambda n: "...on Ticket{x:requester{id}}...on Message{x:author{id}}x:id ", "}}"
    ),
    "deep lists": _nested("{tickets(filter:{status:", "[", "OPEN", "]", "}){totalCount}}"),
    "deep objects": _nested("{tickets(filter:", "{a:", "1", "}", "){totalCount}}"),
    "long lists": _repeated("{nodes(ids:[", lambda n: "1,", "]){id}}"),
    "same input fields": _repeated("{tickets(filter:{", lambda n: 'tag:"a",', "}){totalCount}}"),
    "same arguments": _repeated("{tickets(", lambda n: "first:1 ", "){totalCount}}"),
    "variables": _repeated("query(", lambda n: f"$a{n}:Int", "){feedCursor}"),
    "same variables": _repeated("query(", lambda n: "$a:Int", "){feedCursor}"),
    "unused defaults": _repeated("query(", lambda n: f'$a{n}:TicketFilter={{tag:"a"}}', "){feedCursor}"),
    "undefined variables": _repeated("{tickets{totalCount}", lambda n: f"a{n}:ticketByNumber(number:$b{n}){{id}}", "}"),
    "operations": _repeated("", lambda n: f"query A{n}{{...F}}", "fragment F on Query{feedCursor}"),
    "same operations": _repeated("", lambda n: "query A{feedCursor}"),
    "unused fragments": _repeated("{feedCursor}", lambda n: f"fragment F{n} on Query{{...F{n + 1}}}"),
    "same fragments": _repeated("{feedCursor}", lambda n: "fragment F on Query{...F}"),
    "long number": _repeated("{ticketByNumber(number:", lambda n: "9", "){id}}"),
    "long exponent": _repeated("{ticketByNumber(number:1e", lambda n: "9", "){id}}"),
    "long name": _repeated("{", lambda n: "a", "}"),
    "long alias": _repeated("{", lambda n: "a", ":feedCursor}"),
    "long string": _repeated('{ticket(id:"', lambda n: "a", '"){id}}'),
    "escapes": _repeated('{ticket(id:"', lambda n: "\\u0041", '"){id}}'),
    "block string": _repeated('{ticket(id:"""', lambda n: " " * (n % 9) + "a\n", '"""){id}}'),
    "blank lines in a block string": _repeated('{ticket(id:"""', lambda n: "\n", '"""){id}}'),
    "quotes": _repeated("{ticket(id:", lambda n: '""', "){id}}"),
    "unicode": _repeated('{ticket(id:"', lambda n: "\U0001f600", '"){id}}'),
    "unicode names": _repeated("{", lambda n: "é", "}"),
    "comments": _repeated("{feedCursor", lambda n: "#a\n", "}"),
    "commas": _repeated("{feedCursor", lambda n: ",", "}"),
    "braces": _repeated("", lambda n: "{"),
    "spreads of nothing": _repeated("{", lambda n: f"...A{n} ", "}"),
    "introspection": _nested("{__schema{types{", "fields{type{", "name", "}}", "}}}"),
    "wide introspection": _repeated("{", lambda n: f"a{n}:__schema{{types{{fields{{name}}}}}}", "}"),
    "introspected aliases": _repeated("{__schema{types{fields{type{fields{", lambda n: f"a{n}:name ", "}}}}}}"),
    "introspected type": _repeated("{", lambda n: f'a{n}:__type(name:"Query"){{fields{{name}}}}', "}"),
    "mutations": _repeated("mutation{", lambda n: f'a{n}:resolveTicket(ticketId:"x"){{__typename}}', "}"),
    "subscriptions": _repeated("subscription{", lambda n: "feed{cursor}", "}"),
}


class _NoRows:
    """A database in which nothing is found."""

    def __init__(self) -> None:
        self.now = lambda: None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Any]:
        yield self

    @asynccontextmanager
    async def transaction(self, **_options: object) -> AsyncIterator[Any]:
        yield self

    async def fetch(self, _sql: str, *_values: object) -> list[Any]:
        return []

    async def fetchrow(self, _sql: str, *_values: object) -> None:
        return None


class _NoFeed:
    """A feed in which nothing has happened."""

    async def position(self, *_reader: object) -> Position:
        return Position(0, UUID(int=1), 0)


def engine() -> tuple[Engine, Actor]:
    """An engine with the usual limits but for the budget, and an agent."""
    settings = Settings(limits=Limits(cost_per_minute=1_000_000_000))
    database = cast("Database", _NoRows())
    feed, knowledge = cast("Feed", _NoFeed()), cast("KnowledgeBase", _NoRows())
    services = Services(settings, database, Cursors("hostile"), Links("hostile", ""), feed, knowledge)
    return Engine(database, services), Actor(database, UUID(int=1), ActorKind.AGENT, UUID(int=2), Role.AGENT)


async def loop_time(text: str) -> tuple[float, str]:
    """Seconds of the event loop that a document costs, met for the first time; and how it ended."""
    fresh, agent = engine()
    request = GraphQLRequest(text, None, {}, {})
    began = time.thread_time()
    try:
        operation = await fresh.prepare(request, agent)
        if operation.kind == "query":
            outcome = "ran" if b'"errors"' not in (await operation.execute()).body else "ran with errors"
        else:
            outcome = "prepared"
    except Refusal as refusal:
        outcome = re.findall(rb'"code":"(\w+)"', refusal.errors)[0].decode()
    return time.thread_time() - began, outcome


def grown(name: str, size: int) -> str:
    """A family's document of about a size, or of as many tokens as the server takes."""
    text = FAMILIES[name](size)
    while (tokens := len(_TOKENS.findall(text))) > Limits().tokens and size > 100:
        size = int(size * min(0.99, Limits().tokens / tokens))
        text = FAMILIES[name](size)
    return text


_TOKENS = re.compile(r'\.\.\.|"(?:[^"\\]|\\.)*"|\w+|[^\s\w,]')


def mutants(seed: int, size: int) -> Iterator[tuple[str, str]]:
    """Documents made of two families' texts, cut and joined at random, with pieces doubled or dropped; without end."""
    dice = random.Random(seed)
    names = [
        *CORE_SCHEMA.type_map,
        *(name for kind in ("Query", "Ticket") for name in CORE_SCHEMA.type_map[kind].fields),
    ]  # type: ignore[attr-defined]
    pool = [(name, grown(name, size)) for name in FAMILIES]
    while True:
        name, text = dice.choice(pool)
        tokens = _TOKENS.findall(text)
        for _ in range(dice.randint(1, 6)):
            at = dice.randrange(len(tokens) + 1)
            piece = tokens[at : at + dice.randint(1, 12)]
            match dice.randrange(4):
                case 0:
                    tokens[at:at] = piece * dice.randint(1, 4)
                case 1:
                    del tokens[at : at + len(piece)]
                case 2:
                    tokens[at:at] = [dice.choice(names)]
                case 3:
                    other = _TOKENS.findall(dice.choice(pool)[1])
                    tokens[at:at] = other[: dice.randint(1, 40)]
        yield name, " ".join(tokens)[:size]


async def hunt(seconds: float, size: int, seed: int = 1) -> list[tuple[float, str, str, str]]:
    """The ten slowest documents found in the time: seconds of the loop, family, outcome, text. Each is timed twice."""
    slowest: list[tuple[float, str, str, str]] = []
    until = time.monotonic() + seconds
    for name, text in mutants(seed, size):
        if time.monotonic() > until:
            return slowest
        took, outcome = await loop_time(text)
        if len(slowest) < 10 or took > slowest[-1][0]:
            took = min(took, (await loop_time(text))[0])
            slowest = sorted([*slowest, (took, name, outcome, text)], reverse=True)[:10]
    return slowest


async def families(size: int) -> list[tuple[float, str, str, str]]:
    """All families at a size, slowest first."""
    found = []
    for name in FAMILIES:
        text = grown(name, size)
        took, outcome = min([await loop_time(text) for _ in range(3)])
        found.append((took, name, outcome, text))
    return sorted(found, reverse=True)


async def main(seconds: float) -> None:
    """Print what hurts most."""
    await families(KILOBYTE)
    for size, label in ((KILOBYTE, "1 kB"), (LARGE, "2,000 tokens")):
        print(f"{label}: families")
        for took, name, outcome, _ in (await families(size))[:12]:
            print(f"  {took * 1000:7.1f} ms  {name:36} {outcome}")
        print(f"{label}: {seconds:.0f} s of changes at random")
        for took, name, outcome, text in await hunt(seconds, size):
            print(f"  {took * 1000:7.1f} ms  {name:36} {outcome}  {text[:60]}")


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) if len(sys.argv) > 1 else 60))
