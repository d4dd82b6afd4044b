"""The session's cookie: set when somebody signs in, put off while they are there, taken away when they leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from graphql_api.requests import Sender
from graphql_api.transport.credentials import SESSION_COOKIE
from models.actors import Actor
from models.errors import NotAllowed
from resolvers.sessions import SESSION_LIFE

Header = tuple[str, str]


def require_cookies(sender: Sender) -> None:
    """Raise NotAllowed where no answer could set a cookie."""
    if not sender.takes_cookies:
        raise NotAllowed("Do this by an ordinary HTTP request: a socket or an event stream can set no cookie.")


def session_cookie(sender: Sender, text: str) -> Header:
    """The header that gives a browser its session."""
    return _set_cookie(sender, text, SESSION_LIFE)


def no_cookie(sender: Sender) -> Header:
    """The header that takes it away."""
    return _set_cookie(sender, "", timedelta(0))


def renewed_cookie(sender: Sender, actor: Actor | None) -> Sequence[Header]:
    """The header that lets a browser keep its cookie for as long as the session now lasts, once a minute at most."""
    if actor is None or actor.session_id is None or actor.expires_at is None:
        return ()
    if not sender.takes_cookies or sender.cookie is None:
        return ()
    fresh = actor.expires_at > actor.database.now() + SESSION_LIFE - timedelta(minutes=1)
    return () if fresh else (session_cookie(sender, sender.cookie),)


def _set_cookie(sender: Sender, text: str, life: timedelta) -> Header:
    secure = "; Secure" if sender.by_https else ""
    age = int(life.total_seconds())
    return "Set-Cookie", f"{SESSION_COOKIE}={text}; Max-Age={age}; Path=/; HttpOnly; SameSite=Lax{secure}"
