"""HTML that can't be broken out of, and the shell that all pages stand in."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from string import Template

from starlette.responses import HTMLResponse, Response

_FOLDER = Path(__file__).parent
_STYLE = (_FOLDER / "page.css").read_text()
_SHELL = (_FOLDER / "page.html").read_text()
_STYLE_HASH = b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Cache-Control": "no-store",
    # No scripts and nothing from anywhere; of style only the page's own, by its hash.
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    # The address is the key: it is told to nobody.
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class Markup(str):
    """Text that is HTML already. Everything else becomes it by `filled`."""

    __slots__ = ()


NOTHING = Markup("")


def filled(template: str, /, **values: object) -> Markup:
    """A template of ours with its `$names` filled in: what is no Markup is shown as it reads, marks and all."""
    shown = {name: value if isinstance(value, Markup) else escape(str(value)) for name, value in values.items()}
    return Markup(Template(template).substitute(shown))


def joined(parts: Iterable[Markup]) -> Markup:
    """Several pieces in a row."""
    return Markup("".join(parts))


def page(
    language: str,
    site: str,
    title: str,
    content: Markup,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """A whole page. `site` says whose it is: the organization's name, or nothing where that is not to be told."""
    whole = filled(
        _SHELL,
        language=language,
        style=Markup(_STYLE),
        site=filled('<p class="site">$site</p>', site=site) if site else NOTHING,
        window=f"{title} · {site}" if site else title,
        title=title,
        content=content,
    )
    return HTMLResponse(whole, status, {**HEADERS, **(headers or {})})
