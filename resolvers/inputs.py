"""What people type, checked and brought into the form that is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from models.errors import InvalidInput, NotFound
from models.tickets import TAG_LIMIT

TAGS_LIMIT = 50
EMAIL_LIMIT = 320
DOMAIN_LIMIT = 253
URL_LIMIT = 2_000
_NAME = r"[^@\s,;:<>()\[\]\\\"]+"
_EMAIL, _DOMAIN = re.compile(f"{_NAME}@{_NAME}"), re.compile(_NAME)


@contextmanager
def inside(*path: str) -> Iterator[None]:
    """Say of what is refused in here that it stands at `path` of the input."""
    try:
        yield
    except (InvalidInput, NotFound) as refusal:
        refusal.path = (*path, *refusal.path)
        raise


def text(value: str, field: str, limit: int) -> str:
    """The value without surrounding white space; raises InvalidInput where nothing is left or it is too long."""
    stripped = value.strip()
    # Signs that nobody sees, such as a joiner or a mark of direction, say nothing alone.
    if not any(each.isprintable() and not each.isspace() for each in stripped):
        raise InvalidInput("This can't be empty.", [field])
    if len(stripped) > limit:
        raise InvalidInput(f"This has {len(stripped):,} characters; at most {limit:,} are kept.", [field])
    return stripped


def line(value: str, field: str, limit: int) -> str:
    """Text of one line, single spaces between its words."""
    return text(_one_line(value), field, limit)


def _one_line(value: str) -> str:
    return " ".join(value.split())


def email(value: str, field: str) -> str:
    """The address, case-folded: people type their own in different ways."""
    folded = value.strip().casefold()
    if len(folded) > EMAIL_LIMIT or not _EMAIL.fullmatch(folded):
        raise InvalidInput("This is not an e-mail address.", [field])
    return folded


def domain(value: str, field: str) -> str:
    """What stands behind the @ of an address, case-folded like addresses."""
    folded = value.strip().removeprefix("@").casefold()
    if len(folded) > DOMAIN_LIMIT or not _DOMAIN.fullmatch(folded):
        raise InvalidInput("This is no domain such as example.com.", [field])
    return folded


def web_address(value: str, field: str) -> str:
    """An address that a browser opens with no harm: http or https, with a host."""
    address = text(value, field, URL_LIMIT)
    try:
        parts = urlsplit(address)
        sound = parts.scheme in {"http", "https"} and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        sound = False
    if not sound or not address.isprintable() or " " in address:
        raise InvalidInput("This is no web address: one begins with https:// or http://.", [field])
    return address


def tags(values: Iterable[str], field: str) -> list[str]:
    """Tags case-folded, each once, in the order given."""
    found = list(dict.fromkeys(folded(line(value, field, TAG_LIMIT)) for value in values))
    if len(found) > TAGS_LIMIT:
        raise InvalidInput(f"A ticket has at most {TAGS_LIMIT} tags.", [field])
    return found


def folded(tag: str) -> str:
    """A tag as it is stored, whatever the case and the spaces that somebody types."""
    return _one_line(tag).casefold()
