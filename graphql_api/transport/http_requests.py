"""From an HTTP request to a GraphQL request: bodies within a limit, query strings read strictly."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from graphql_api.requests import GraphQLRequest, RequestRefused, Sender, graphql_request
from graphql_api.transport.heads import Head
from graphql_api.transport.negotiation import require_json
from graphql_api.transport.strict_json import read_json, refuse_unusable_text

_MOST_PARAMETERS = 50
# Of a body that may be remembered: what a console asks for is shorter.
_LONGEST_KNOWN = 8_000

# The request that a body was read as before, if somebody remembers it.
Known = Callable[[bytes], GraphQLRequest | None]


def nothing_known(_body: bytes) -> None:
    """No memory."""


@dataclass(frozen=True, slots=True)
class BodyLimit:
    """How large a body may be, and how long its sender may take over it."""

    size: int = 1_000_000
    patience: timedelta = timedelta(seconds=10)

    @property
    def drained(self) -> int:
        """What is still read, and thrown away, of a body that is too large.

        Most clients read no answer before they have sent everything; closing earlier would lose them the 413.
        """
        return self.size * 50

    def too_large(self) -> RequestRefused:
        """The refusal; the connection closes because the rest of the body may still be on its way."""
        sentence = f"The request is larger than {self.size} bytes."
        return RequestRefused("PAYLOAD_TOO_LARGE", sentence, 413, {"Connection": "close"})


async def request_of(
    head: Head, receive: Receive, limit: BodyLimit, sender: Sender, known: Known = nothing_known
) -> GraphQLRequest:
    """What a POST has in its body, or a GET in its query string."""
    if head.method != "POST":
        return graphql_request(_parameters(head.scope["query_string"], limit), sender)
    body = await body_of(head, receive, limit)
    require_json(head.get("content-type"), head.get("content-encoding"))
    if len(body) > _LONGEST_KNOWN:
        return graphql_request(read_json(body), sender)
    request = known(body)
    return request.sent_by(sender) if request else graphql_request(read_json(body), sender, body)


async def body_of(head: Head, receive: Receive, limit: BodyLimit) -> bytes:
    """The whole body; raises RequestRefused where it is too large or too slow."""
    declared = int(head.get("content-length") or 0)
    if declared > limit.drained or (declared > limit.size and head.get("expect") is not None):
        raise limit.too_large()
    first = _Arrival(receive)
    if first.message and first.message.get("more_body") is False and len(first.message["body"]) <= limit.size:
        body: bytes = first.message["body"]
        return body
    return await _gathered(first, receive, limit)


class _Arrival:
    """A message of ASGI's, asked for by hand: nobody need keep the time of one that is there already."""

    def __init__(self, receive: Receive) -> None:
        self.message: Message | None = None
        self._coming = receive().__await__()
        try:
            self._waited_for = next(self._coming)
        except StopIteration as there:
            self.message = there.value

    def __await__(self) -> Generator[Any, Any, Message]:
        if self.message is not None:
            return self.message
        try:
            yield self._waited_for
            return (yield from self._coming)
        finally:
            self._coming.close()


async def _gathered(first: _Arrival, receive: Receive, limit: BodyLimit) -> bytes:
    """A body that comes in parts, or late."""
    body, size, is_more = bytearray(), 0, True
    asked: Awaitable[Message] | None = first
    try:
        async with asyncio.timeout(limit.patience.total_seconds()):
            while is_more and size <= limit.drained:
                message, asked = await (asked or receive()), None
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk, is_more = message.get("body", b""), message.get("more_body", False)
                size += len(chunk)
                if size <= limit.size:
                    body += chunk
    except TimeoutError as error:
        if size <= limit.size:
            sentence = "The request's body took too long to arrive."
            raise RequestRefused("REQUEST_TIMEOUT", sentence, 408, {"Connection": "close"}) from error
    if size > limit.size:
        raise limit.too_large()
    return bytes(body)


def _parameters(query_string: bytes, limit: BodyLimit) -> dict[str, object]:
    if len(query_string) > limit.size:
        raise RequestRefused("URI_TOO_LONG", f"The query string is longer than {limit.size} bytes.", 414)
    try:
        pairs = parse_qsl(
            query_string.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_PARAMETERS
        )
    except ValueError as error:
        raise RequestRefused("BAD_REQUEST", "The query string is not a form in UTF-8.") from error
    parameters: dict[str, object] = {name: text for name, text in pairs if text}
    if len({name for name, _ in pairs}) != len(pairs):
        raise RequestRefused("BAD_REQUEST", "The query string has the same name twice.")
    refuse_unusable_text(parameters)
    for name in ("variables", "extensions"):
        if isinstance(text := parameters.get(name), str):
            parameters[name] = read_json(text.encode())
    return parameters
