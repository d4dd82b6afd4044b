"""The messages of graphql-transport-ws: what a client may send, read strictly, and what it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

import orjson

from graphql_api.requests import GraphQLRequest, RequestRefused, graphql_request
from graphql_api.transport.strict_json import UnusableText, read_json, refuse_unusable_text

SUBPROTOCOL = "graphql-transport-ws"
ACK = b'{"type":"connection_ack"}'
PING = b'{"type":"ping"}'
PONG = b'{"type":"pong"}'

_LONGEST_REASON = 123


class CloseCode(IntEnum):
    """Why a socket was closed."""

    TOO_BIG = 1009
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INIT_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY = 4429
    INTERNAL = 4500


class Closing(Exception):
    """The socket has to be closed; the reason is cut to what a close frame holds."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


@dataclass(frozen=True, slots=True)
class Init:
    """`connection_init`, with what the client shows to prove who it is."""

    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ping:
    """`ping`; its payload goes back with the pong."""

    payload: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Pong:
    """`pong`, asked for or not."""


@dataclass(frozen=True, slots=True)
class Subscribe:
    """`subscribe`; a request with text that can't be stored is the operation's fault, not the socket's."""

    id: str
    request: GraphQLRequest | RequestRefused


@dataclass(frozen=True, slots=True)
class Complete:
    """`complete`: the client wants no more of an operation."""

    id: str


ClientMessage = Init | Ping | Pong | Subscribe | Complete


def read_message(frame: bytes) -> ClientMessage:
    """The message in a frame; raises Closing (4400) for anything that the protocol doesn't name."""
    try:
        return _message(read_json(frame), None)
    except UnusableText as unusable:
        return _message(unusable.value, unusable)
    except RequestRefused as refused:
        raise _invalid(refused.message) from refused


def _message(value: object, unusable: UnusableText | None) -> ClientMessage:
    if not isinstance(value, dict):
        raise _invalid("it is not an object.")
    kind = value.get("type")
    if kind == "subscribe":
        return _subscribe(value, unusable)
    if unusable:
        raise _invalid(unusable.message)
    match kind:
        case "connection_init":
            return Init(_payload(value) or {})
        case "ping":
            return Ping(_payload(value))
        case "pong":
            _payload(value)
            return Pong()
        case "complete":
            return Complete(_id(value))
    raise _invalid("clients send no such `type`.")


def _subscribe(value: Mapping[str, object], unusable: UnusableText | None) -> Subscribe:
    operation_id, payload = _id(value), value.get("payload")
    try:
        request = graphql_request(payload)
    except RequestRefused as refused:
        raise _invalid(refused.message) from refused
    return Subscribe(operation_id, unusable or request)


def _id(value: Mapping[str, object]) -> str:
    operation_id = value.get("id")
    if not isinstance(operation_id, str) or not operation_id:
        raise _invalid("`id` must be a string that is not empty.")
    try:
        refuse_unusable_text(operation_id)
    except UnusableText as unusable:
        raise _invalid(unusable.message) from unusable
    return operation_id


def _payload(value: Mapping[str, object]) -> Mapping[str, object] | None:
    payload = value.get("payload")
    if payload is None or isinstance(payload, dict):
        return payload
    raise _invalid("`payload` must be an object.")


def _invalid(why: str) -> Closing:
    return Closing(CloseCode.BAD_REQUEST, f"Invalid message: {why}")


def pong(payload: Mapping[str, object] | None) -> bytes:
    """The answer to a ping."""
    return PONG if payload is None else orjson.dumps({"type": "pong", "payload": payload})


class OperationFrames:
    """What is sent about one operation; results go in as the bytes they are."""

    __slots__ = ("_head", "_next")

    def __init__(self, operation_id: str) -> None:
        self._head = b'{"id":%b,"type":"' % orjson.dumps(operation_id)
        self._next = self._head + b'next","payload":'

    def next(self, result: bytes) -> bytes:
        """One response map."""
        return b"%b%b}" % (self._next, result)

    def error(self, errors: bytes) -> bytes:
        """The end of an operation that could not start or go on."""
        return b'%berror","payload":%b}' % (self._head, errors)

    def complete(self) -> bytes:
        """The end of an operation that said all it had to."""
        return self._head + b'complete"}'
