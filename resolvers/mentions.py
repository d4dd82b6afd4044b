"""Whom a message mentions: @ and a name. Pure: a text and the members who can be mentioned in, ids out."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

# So many members one message can mention; those after them are not told.
MENTIONS_LIMIT = 20

_SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Mentionable:
    """A member who can be mentioned."""

    id: UUID
    name: str


def mentioned(text: str, members: Iterable[Mentionable], *, without: UUID | None = None) -> list[UUID]:
    """The members whom the text mentions, each once, in the order in which it does; MENTIONS_LIMIT at most, and never
    the one who wrote it (`without`).

    Behind the @ stands a full name, or a first name that only one member has; case makes no difference. Of several
    names that fit the longest is meant. Members who share a full name are meant together: nothing tells them apart.
    """
    if "@" not in text:
        return []
    names = _names(members)
    lengths = sorted({len(name) for name in names}, reverse=True)
    found: dict[UUID, None] = {}
    for rest in _behind_each_at(folded(text), max(lengths, default=0)):
        found |= dict.fromkeys(each for each in _meant(rest, names, lengths) if each != without)
        if len(found) >= MENTIONS_LIMIT:
            break
    return [*found][:MENTIONS_LIMIT]


def folded(text: str) -> str:
    """A text as names are looked for in it: composed alike, without case, and with single spaces in its lines."""
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return _SPACES.sub(" ", composed)


def _names(members: Iterable[Mentionable]) -> Mapping[str, Collection[UUID]]:
    """Whom each name means, folded. A full name goes before somebody else's first name."""
    full: dict[str, list[UUID]] = defaultdict(list)
    first: dict[str, list[UUID]] = defaultdict(list)
    for member in members:
        name = folded(member.name).strip()
        if name:
            full[name].append(member.id)
            first[name.partition(" ")[0]].append(member.id)
    return {name: ids for name, ids in first.items() if len(ids) == 1} | full


def _behind_each_at(text: str, longest: int) -> Iterator[str]:
    """What stands behind each @ that begins a word, as far as a name could reach, and the two signs after that."""
    at = text.find("@")
    while at >= 0:
        if at == 0 or not _goes_on(text[at - 1]):
            yield text[at + 1 : at + 1 + longest + 2]
        at = text.find("@", at + 1)


def _meant(rest: str, names: Mapping[str, Collection[UUID]], lengths: Iterable[int]) -> Collection[UUID]:
    for length in lengths:
        if rest[:length] in names and len(rest) >= length and _ends_word(rest[length : length + 2]):
            return names[rest[:length]]
    return ()


def _ends_word(after: str) -> bool:
    """Whether a name ends before these signs: `@mira.` and `@mira's` name Mira, `@mira.com` and `@mira-sophie` not."""
    if not after:
        return True
    if after[0] in ".-@" and len(after) > 1:
        return not _goes_on(after[1])
    return not _goes_on(after[0])


def _goes_on(sign: str) -> bool:
    """Whether a sign belongs to the word that it stands in."""
    return sign == "_" or unicodedata.category(sign)[0] in "LNM"
