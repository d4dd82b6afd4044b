"""What a caller shows, and whether it was his own page that made the browser show it."""

from __future__ import annotations

from collections.abc import Collection

from graphql_api.requests import Credentials, RequestRefused, Sender
from graphql_api.transport.heads import Head

SESSION_COOKIE = "helpdesk_session"

_SIMPLE_BODIES = {"", "text/plain", "multipart/form-data", "application/x-www-form-urlencoded"}
_PREFLIGHT_HEADERS = {"graphql-require-preflight", "apollo-require-preflight", "x-requested-with"}


def credentials_of(head: Head) -> Credentials:
    """The token of the Authorization header or else the session cookie."""
    header = head.get("authorization")
    if header is not None:
        return Credentials(bearer=bearer_token(header))
    return Credentials(cookie=head.cookie(SESSION_COOKIE))


def sender_of(head: Head, *, takes_cookies: bool) -> Sender:
    """Where a request came from.

    A page's Origin tells whether the browser speaks https, also where a proxy in front has ended TLS.
    """
    return Sender(
        peer=head.peer,
        forwarded_for=",".join(head.all("x-forwarded-for")),
        cookie=head.cookie(SESSION_COOKIE),
        by_https=head.scope["scheme"] == "https" or (head.get("origin") or "").startswith("https://"),
        takes_cookies=takes_cookies,
    )


def bearer_token(header: str) -> str:
    """The token in `Bearer TOKEN`."""
    scheme, _, token = header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or not token.isascii() or not token.isprintable():
        raise RequestRefused("UNAUTHENTICATED", "Authorization must be `Bearer` and a token.", 401)
    return token


def from_own_page(head: Head, allowed_origins: Collection[str]) -> bool:
    """Whether the Origin is this host or on the list; what has none isn't a page of another site's.

    Compares host and port, not the scheme: a proxy in front may have ended TLS.
    """
    origin = head.get("origin")
    if origin is None or origin in allowed_origins:
        return True
    return origin.partition("://")[2].lower() == (head.get("host") or "").lower() != ""


def refuse_forged(head: Head, credentials: Credentials, allowed_origins: Collection[str]) -> None:
    """Refuse what a browser may send with its cookie because another site's page told it to.

    A page can't add such headers, nor a JSON body, to another site's request without asking first (CORS preflight).
    Those who show nothing may sign in, so their POSTs are looked at too: nobody is to find himself signed in as
    somebody else.
    """
    if credentials.bearer is not None or (credentials.cookie is None and head.method != "POST"):
        return
    if not from_own_page(head, allowed_origins):
        raise RequestRefused("FORBIDDEN", "Requests of another site's page are taken with a token only.", 403)
    if credentials.cookie is None:
        return
    body_type = (head.get("content-type") or "").partition(";")[0].strip().lower()
    own_site = head.get("sec-fetch-site") in {"same-origin", "none"}
    asked_first = any(head.get(name) is not None for name in _PREFLIGHT_HEADERS)
    if not own_site and body_type in _SIMPLE_BODIES and not asked_first:
        sentence = "With a cookie, a GET request needs the header `GraphQL-Require-Preflight: 1`."
        raise RequestRefused("FORBIDDEN", sentence, 403)
