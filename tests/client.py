"""A GraphQL client for tests: over real HTTP and WebSocket, with a method for every mutation of the schema."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Self

import httpx
from graphql import GraphQLObjectType, GraphQLUnionType, get_named_type, is_leaf_type
from websockets.asyncio.client import ClientConnection, connect

from graphql_api.names import camel
from graphql_api.schema import CORE_SCHEMA


@dataclass(frozen=True)
class Problem:
    """A mutation's refusal."""

    code: str
    message: str
    path: tuple[str, ...] = ()


class GraphQLErrors(Exception):
    """The response had errors."""

    def __init__(self, errors: list[dict[str, Any]], data: Any) -> None:
        super().__init__(json.dumps(errors))
        self.errors = errors
        self.data = data

    @property
    def codes(self) -> list[str]:
        """The errors' codes."""
        return [error["extensions"]["code"] for error in self.errors]


def an_address() -> str:
    """An address that nobody else has."""
    return f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"


@dataclass(frozen=True)
class Client:
    """Somebody with a token, at an address of their own.

    `await agent.resolve_ticket(ticket_id=...)` calls the mutation of that name.
    """

    http: httpx.AsyncClient
    token: str
    headers: Mapping[str, str] = field(default_factory=lambda: {"X-Forwarded-For": an_address()})

    def keyed(self, key: str) -> Client:
        """The same caller, whose requests come with an Idempotency-Key."""
        return replace(self, headers={**self.headers, "Idempotency-Key": key})

    def with_cookie(self, text: str) -> Client:
        """A browser at the same address that shows a session's cookie instead of the token."""
        return replace(self, token="", headers={**self.headers, "Cookie": f"helpdesk_session={text}"})

    async def post(self, query: str, /, **variables: Any) -> httpx.Response:
        """The raw response."""
        headers = {**self.headers, **({"Authorization": f"Bearer {self.token}"} if self.token else {})}
        return await self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def query(self, query: str, /, **variables: Any) -> Any:
        """The data; raises GraphQLErrors if there is any error."""
        body = (await self.post(query, **variables)).json()
        if "errors" in body:
            raise GraphQLErrors(body["errors"], body.get("data"))
        return body["data"]

    def __getattr__(self, verb: str) -> Callable[..., Awaitable[Any]]:
        mutation = CORE_SCHEMA.mutation_type.fields.get(camel(verb)) if CORE_SCHEMA.mutation_type else None
        if mutation is None:
            raise AttributeError(verb)

        async def call(**arguments: Any) -> Any:
            given = {camel(name): _spelled(value) for name, value in arguments.items()}
            declared = ", ".join(f"${name}: {mutation.args[name].type}" for name in given)
            passed = ", ".join(f"{name}: ${name}" for name in given)
            opening, asked = "mutation", camel(verb)
            if given:
                opening, asked = f"mutation({declared})", f"{camel(verb)}({passed})"
            text = f"{opening} {{ {asked} {{ {_selection(mutation.type)} }} }}"
            result = (await self.query(text, **given))[camel(verb)]
            if result.pop("__typename") == "Problem":
                return Problem(result["code"], result["message"], tuple(result["path"]))
            return result

        return call

    @asynccontextmanager
    async def knocking(self) -> AsyncIterator[ClientConnection]:
        """A WebSocket whose client has said who it is, by token or cookie, and has not heard what comes of it."""
        url = str(self.http.base_url).replace("http", "ws", 1).rstrip("/") + "/graphql"
        shown = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with connect(
            url,
            subprotocols=["graphql-transport-ws"],  # type: ignore[list-item]
            additional_headers=self.headers,
            max_size=None,
        ) as socket:
            await socket.send(json.dumps({"type": "connection_init", "payload": shown}))
            yield socket

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection]:
        """A WebSocket that was let in."""
        async with self.knocking() as socket:
            assert json.loads(await socket.recv())["type"] == "connection_ack"
            yield socket

    @asynccontextmanager
    async def subscription(self, query: str, /, **variables: Any) -> AsyncIterator[Feed]:
        """The items of one subscription, over a WebSocket of its own."""
        async with self.socket() as socket:
            payload = {"query": query, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            yield Feed(socket)


@dataclass
class Feed:
    """What arrives on one subscription."""

    socket: ClientConnection

    async def next(self, within: float = 30) -> Any:
        """The next item: its one root field's value. Fails on an error, or if none comes in time."""
        async with asyncio.timeout(within):
            while (message := json.loads(await self.socket.recv()))["type"] == "ping":
                await self.socket.send('{"type":"pong"}')
        if message["type"] != "next" or "errors" in message["payload"]:
            raise GraphQLErrors(message.get("payload", []), message)
        (value,) = message["payload"]["data"].values()
        return value

    async def until(self, **wanted: Any) -> Any:
        """The next item with these fields; those before it are passed over."""
        while True:
            item = await self.next()
            if all(item.get(name) == value for name, value in wanted.items()):
                return item

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        return await self.next()


def _spelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {camel(name): _spelled(each) for name, each in value.items()}
    return value


def _selection(kind: Any) -> str:
    """Every field of a result that is a plain value."""
    named = get_named_type(kind)
    members = named.types if isinstance(named, GraphQLUnionType) else [named]
    return "__typename " + " ".join(f"... on {member.name} {{ {_leaves(member)} }}" for member in members)


def _leaves(member: GraphQLObjectType) -> str:
    plain = [name for name, field in member.fields.items() if is_leaf_type(get_named_type(field.type))]
    return " ".join(plain or ["__typename"])
