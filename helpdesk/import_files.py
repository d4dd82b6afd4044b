"""Files of other systems, read into what the import operations take."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from models.errors import HelpdeskError, InvalidInput
from models.lifecycle import TicketPriority
from rag.articles import ArticleFile, parse_article
from resolvers import inputs
from resolvers.imports import ImportedTicket, Person

ID_LIMIT = 200
TITLE_LIMIT = 300


@dataclass(slots=True)
class Lines:
    """A JSON Lines file of tickets: what could be read, each with its line's number, and what could not."""

    tickets: dict[str, tuple[int, ImportedTicket]] = field(default_factory=dict)
    refused: list[tuple[int, str]] = field(default_factory=list)


def read_tickets(path: Path, requester: Person) -> Lines:
    """Tickets of a JSON Lines file: `id`, `created`, `title`, `body`, and if known `category`, `tags`, `priority`,
    `requester {email, name}`; `requester` is whose they are otherwise. Of two lines with one id the first counts."""
    found = Lines()
    for number, line in _lines(path):
        try:
            ticket = _ticket(line, requester)
            if ticket.external_id in found.tickets:
                first = found.tickets[ticket.external_id][0]
                raise InvalidInput(f"The id {ticket.external_id} stands in line {first} already.")
        except HelpdeskError as refusal:
            found.refused.append((number, refusal.message))
        else:
            found.tickets[ticket.external_id] = (number, ticket)
    return found


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line


def _ticket(line: bytes, requester: Person) -> ImportedTicket:
    try:
        fields = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"This is not JSON: {error}.") from None
    if not isinstance(fields, dict):
        raise InvalidInput("This is not a JSON object.")
    tags = fields.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise InvalidInput("`tags` is not a list of texts.")
    return ImportedTicket(
        external_id=_text(fields, "id"),
        requester=_person(fields["requester"]) if fields.get("requester") else requester,
        subject=_text(fields, "title"),
        body=_text(fields, "body"),
        created_at=_instant(_text(fields, "created")),
        category=_text(fields, "category") if fields.get("category") else None,
        priority=_priority(fields.get("priority")),
        tags=tags,
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InvalidInput(f"`{name}` is missing or not a text.")
    if "\0" in value:
        raise InvalidInput(f"`{name}` has a NUL character.")
    return value


def _person(fields: Any) -> Person:
    if not isinstance(fields, dict):
        raise InvalidInput("`requester` is not an object.")
    return Person(_text(fields, "email"), _text(fields, "name") if fields.get("name") else None)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidInput(f"`created` is {text!r}, which is no date.") from None
    try:
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"`created` is {text!r}, which is beyond the calendar.") from None


def _priority(value: Any) -> TicketPriority:
    if value is None:
        return TicketPriority.MEDIUM
    try:
        return TicketPriority(value)
    except ValueError:
        raise InvalidInput(f"`priority` is {value!r}; it may be {', '.join(TicketPriority)}.") from None


@dataclass(slots=True)
class Articles:
    """A folder's articles, and the files that could not be read."""

    files: list[ArticleFile] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def read_articles(folder: Path) -> Articles:
    """The `.md` and `.mdx` files of a folder and those below it."""
    found = Articles()
    seen: dict[str, str] = {}
    for path in sorted(folder.rglob("*.md*")):
        if path.suffix not in {".md", ".mdx"}:
            continue
        try:
            text = path.read_text(encoding="utf-8")
            if "\0" in text:
                raise InvalidInput("This has a NUL character.")
            article = parse_article(text)
            inputs.text(article.id, "id", ID_LIMIT)
            inputs.text(article.title, "title", TITLE_LIMIT)
            if article.id in seen:
                raise InvalidInput(f"The id {article.id} is that of {seen[article.id]} already.")
            seen[article.id] = str(path.relative_to(folder))
            found.files.append(article)
        except HelpdeskError as refusal:
            found.refused.append((str(path.relative_to(folder)), refusal.message))
        except UnicodeDecodeError:
            found.refused.append((str(path.relative_to(folder)), "This is not UTF-8."))
    return found
