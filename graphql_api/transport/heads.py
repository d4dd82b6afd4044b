"""The head of a request as ASGI hands it over, its header fields found by name."""

from __future__ import annotations

from starlette.requests import cookie_parser
from starlette.types import Scope


class Head:
    """What is known of a request, or of a socket's handshake, before its body. Names of fields are in lower case.

    Starlette's Request tells the same, but looks through all fields for each question.
    """

    __slots__ = ("_first", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        # Of several fields of one name the first counts, so it comes last.
        self._first: dict[bytes, bytes] = dict(reversed(scope["headers"]))

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        method: str = self.scope["method"]
        return method

    def get(self, name: str) -> str | None:
        """The first field of the name."""
        value = self._first.get(name.encode())
        return None if value is None else value.decode("latin-1")

    def all(self, name: str) -> list[str]:
        """Every field of the name."""
        wanted = name.encode()
        if wanted not in self._first:
            return []
        return [value.decode("latin-1") for each, value in self.scope["headers"] if each == wanted]

    def cookie(self, name: str) -> str | None:
        """A cookie's value, None for an empty one; the last one of the name counts."""
        shown = None
        for header in self.all("cookie"):
            shown = cookie_parser(header).get(name, shown)
        return shown or None

    @property
    def peer(self) -> str:
        """The other end's address, '' where the server does not know it."""
        client = self.scope.get("client")
        return client[0] if client else ""
