"""From an HTTP request to a GraphQL request: bodies within a limit, query strings read strictly."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl

from starlette.requests import Request

from graphql_api.negotiation import require_json
from graphql_api.requests import GraphQLRequest, RequestRefused, graphql_request
from graphql_api.strict_json import read_json, refuse_unusable_text

_MOST_PARAMETERS = 50


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


async def request_of(request: Request, limit: BodyLimit) -> GraphQLRequest:
    """What a POST has in its body, or a GET in its query string."""
    if request.method != "POST":
        return graphql_request(_parameters(request.scope["query_string"], limit))
    body = await _body(request, limit)
    require_json(request.headers.get("content-type"), request.headers.get("content-encoding"))
    return graphql_request(read_json(body))


async def _body(request: Request, limit: BodyLimit) -> bytes:
    declared = int(request.headers.get("content-length", "0"))
    if declared > limit.drained or (declared > limit.size and "expect" in request.headers):
        raise limit.too_large()
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(limit.patience.total_seconds()):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= limit.size:
                    body += chunk
                elif size > limit.drained:
                    break
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
