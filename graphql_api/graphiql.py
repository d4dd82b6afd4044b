"""GraphiQL for people who open `/graphql` in a browser: its page, files and demo accounts, all from this host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from models.actors import Role

FOLDER = Path(__file__).with_suffix("")

_FILES = {
    "react": "node_modules/react/umd/react.production.min.js",
    "react_dom": "node_modules/react-dom/umd/react-dom.production.min.js",
    "graphql_ws": "node_modules/graphql-ws/umd/graphql-ws.min.js",
    "graphiql": "node_modules/graphiql/graphiql.min.js",
    "graphiql_css": "node_modules/graphiql/graphiql.min.css",
    "page_js": "page.js",
    "page_css": "page.css",
}
_MEDIA_TYPES = {".js": "text/javascript", ".css": "text/css"}
_MISSING = (
    "GraphiQL's browser files are not installed: run `npm ci` in graphql_api/graphiql (`make up` does) and start the"
    " server again. The API itself is here: POST to this address."
)
_PAGE_HEADERS = {
    "Cache-Control": "no-store",
    # GraphiQL's menus put style elements into the page; scripts come from here only.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src data:; img-src data:;"
        " connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "Vary": "Accept",
    "X-Content-Type-Options": "nosniff",
}
_ASSET_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """Somebody whom a visitor may be with one click. Its token is in the page, for everybody who can open it."""

    organization: str
    role: Role
    name: str
    email: str
    token: str


class GraphiQL:
    """The page at `/graphql` and the routes of its files, read from disk once. Accounts are for demonstrations only."""

    def __init__(self, accounts: Sequence[DemoAccount] = (), folder: Path = FOLDER) -> None:
        files = {name: folder / path for name, path in _FILES.items()}
        self.routes: list[BaseRoute] = []
        self._page: Response = PlainTextResponse(_MISSING, 503, _PAGE_HEADERS)
        if all(file.exists() for file in files.values()):
            addresses = {name: _address(file) for name, file in files.items()}
            self.routes += [_route(address, files[name]) for name, address in addresses.items()]
            self._page = HTMLResponse(_page(folder, addresses, accounts), headers=_PAGE_HEADERS)

    async def page(self, _request: Request) -> Response:
        """GraphiQL, or a sentence that says how to get it."""
        return self._page


def _address(file: Path) -> str:
    """Names the content, so that a browser may keep it for ever."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:16]
    return f"/graphql/assets/{digest}/{file.name}"


def _route(address: str, file: Path) -> BaseRoute:
    response = Response(file.read_bytes(), headers=_ASSET_HEADERS, media_type=_MEDIA_TYPES[file.suffix])
    return Route(address, response, methods=["GET"])


def _page(folder: Path, addresses: Mapping[str, str], accounts: Sequence[DemoAccount]) -> str:
    given = {"accounts": [asdict(account) for account in accounts], "query": (folder / "start.graphql").read_text()}
    # "<" could end the script element that holds the JSON.
    in_script = json.dumps(given).replace("<", "\\u003c")
    return Template((folder / "page.html").read_text()).substitute(addresses, given=in_script)
