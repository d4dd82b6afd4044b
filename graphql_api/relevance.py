"""Hits by relevance: a ranked list of at most 500, frozen as of the instant at which its first page was read.

A rank depends on nothing that came after that instant, as far as rows still tell: messages written since count for
nothing. What can change under a reader's eyes is the rest of a ticket (its subject, tags, people) and what the filter
looks at. So a cursor also carries a sketch of the set of tickets that were shown before it: the sum (XOR) of a hash of
each. Whoever goes on knows which tickets have changed since, knows of all others where they stand, and finds in the
sketch which of the changed ones were among those shown (linear algebra over 256 bits, enough to tell CHANGED apart).
Nothing is skipped and nothing comes twice as long as no more than CHANGED change; nothing is kept on the server. A
forged cursor shows its maker an odd stretch of tickets that they may see anyway.
"""

from __future__ import annotations

import base64
import binascii
import itertools
import re
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from hashlib import blake2b
from operator import xor
from typing import Any
from uuid import UUID

import orjson

from graphql_api.paging import CURSOR_LIMIT, Connection, Edge, Order, Page, PageInfo
from graphql_api.search import FREQUENT, Search, Term
from models.database import Row
from models.errors import InvalidInput
from models.rows import layout
from resolvers.access import Parameters

HITS = 500
# Where words are frequent, the newest tickets only are ranked: so many of them.
NEWEST = 2_000
# Words are frequent if so many of the newest tickets of SAMPLE have them.
SAMPLE = 200
FREQUENT_IN_SAMPLE = 20
# So many tickets may change between two pages; of more, those that moved up or down may be missed or come twice.
CHANGED = 100
# A write is dated when it begins and seen when it commits, up to this much later.
IN_FLIGHT = timedelta(minutes=1)

_SKETCH = re.compile("[0-9a-f]{1,64}")
NEWEST_FIRST = Order("newest", ("created_at", "id"), descending=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of the ranked list ended: after the hit of this rank and number, `count` hits from the start."""

    as_of: datetime
    frequent: bool
    rank: int
    number: int
    count: int
    sketch: int

    def seal(self, name: str) -> str:
        """The cursor."""
        since = round(self.as_of.timestamp() * 1000)
        values = [name, since, self.frequent, self.rank, self.number, self.count, f"{self.sketch:x}"]
        return base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()

    def past(self, hit: Hit) -> Place:
        """The place after one more hit."""
        return replace(self, rank=hit.rank, number=hit.number, count=self.count + 1, sketch=self.sketch ^ _hash(hit.id))

    @classmethod
    def unseal(cls, cursor: str, name: str, field: str) -> Place:
        """The place that a cursor holds; raises InvalidInput for a cursor of another list or of nobody's making."""
        try:
            if len(cursor) > CURSOR_LIMIT:
                raise ValueError("too long")
            (known, since, frequent, *numbers, sketch) = orjson.loads(
                base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            )
            rank, number, count = numbers
            whole = all(type(each) is int and 0 <= each < 2**31 for each in numbers)
            if known != name or type(frequent) is not bool or not whole or not _SKETCH.fullmatch(sketch):
                raise ValueError("of another list")
            if type(since) is not int or since < 0:
                raise ValueError("no instant")
            as_of = datetime.fromtimestamp(since / 1000, UTC)
            return cls(as_of, frequent, rank, number, count, int(sketch, 16))
        except (ValueError, OverflowError, OSError, TypeError, binascii.Error) as error:
            raise InvalidInput("This cursor is not of this list.", [field]) from error


@dataclass(frozen=True, slots=True)
class Hit:
    """A ticket that was found, and how well it fits."""

    row: Row

    @property
    def id(self) -> UUID:
        """The ticket's."""
        found: UUID = self.row["id"]
        return found

    @property
    def rank(self) -> int:
        """The higher, the better."""
        return int(self.row["rank"])

    @property
    def number(self) -> int:
        """Of equal ranks, the newest ticket comes first."""
        return int(self.row["number"])


async def ranked(search: Search, terms: Sequence[Term], page: Page) -> Connection[Any]:
    """A page of the ranked list."""
    name = f"relevance-{zlib.crc32(repr(terms).encode()):x}"
    after = None if page.after is None else Place.unseal(page.after, name, "after")
    before = None if page.before is None else Place.unseal(page.before, name, "before")
    known = after or before
    search.as_of = known.as_of if known else search.reads.actor.database.now()
    frequent, hits = await _ranking(search, known)
    changed = await _changed(search) if known else []
    start = after or Place(search.as_of, frequent, 0, 0, 0, 0)
    shown = _shown(after, hits, changed) if after else set()
    rest = [hit for hit in hits if hit.id not in shown][: max(0, HITS - start.count)]
    if before:
        earlier = _shown(before, hits, changed)
        rest = [hit for hit in rest if hit.id in earlier and hit.number != before.number]
    places = itertools.accumulate(rest, Place.past, initial=start)
    edges = [
        Edge(cursor=place.seal(name), node=search.target.of(hit.row))
        for hit, place in zip(rest, itertools.islice(places, 1, None), strict=True)
    ]
    kept = edges[max(0, len(edges) - page.size) :] if page.backward else edges[: page.size]
    more = len(kept) < len(edges)
    info = PageInfo(
        has_next_page=before is not None if page.backward else more,
        has_previous_page=more if page.backward else after is not None,
        start_cursor=kept[0].cursor if kept else None,
        end_cursor=kept[-1].cursor if kept else None,
    )

    async def count() -> int:
        return min(HITS, len(hits))

    return Connection(edges=kept, page_info=info, count=count)


async def ranked_count(search: Search) -> int:
    """How many hits the ranked list has, begun now."""
    search.as_of = search.reads.actor.database.now()
    _, hits = await _ranking(search, known=None)
    return min(HITS, len(hits))


async def _ranking(search: Search, known: Place | None) -> tuple[bool, list[Hit]]:
    """The hits, the best first, and whether the words are too frequent to rank all that have them."""
    frequent = known.frequent if known else await _sampled(search) >= FREQUENT_IN_SAMPLE
    rare = None if frequent else await search.candidates()
    if rare is not None:
        found = await _ranked(search, Page(size=FREQUENT), rare)
    else:
        found = await _ranked(search, Page(size=NEWEST - 1))
        # Each word is frequent, but perhaps not all of them in one place.
        together = await search.together()
        found |= await _ranked(search, Page(size=FREQUENT), together) if together else {}
    hits = sorted(found.values(), key=lambda hit: (hit.rank, hit.number), reverse=True)
    return rare is None, hits[: HITS + CHANGED]


async def _sampled(search: Search) -> int:
    """How many of the newest tickets are hits."""
    parameters = Parameters(search.reads.actor)
    newest = search.stretch(NEWEST_FIRST, Page(size=SAMPLE - 1), parameters)
    where = " AND ".join(search.conditions(parameters))
    (row,) = await search.reads.run(f"SELECT count(*) AS many FROM ({newest}) AS t WHERE {where}", *parameters.values)
    return int(row["many"])


async def _ranked(search: Search, page: Page, ids: Sequence[UUID] | None = None) -> dict[UUID, Hit]:
    """The hits among the list's newest tickets, or among those with these ids."""
    parameters = Parameters(search.reads.actor)
    columns = ", ".join(f"t.{name}" for name in layout(search.target.table).columns)
    newest = search.stretch(NEWEST_FIRST, page, parameters, ids)
    where = " AND ".join(search.conditions(parameters))
    rows = await search.reads.run(
        f"SELECT {columns}, {_rank(search, parameters)} AS rank FROM ({newest}) AS t WHERE {where}"
        f" ORDER BY rank DESC, number DESC LIMIT {HITS + CHANGED}",
        *parameters.values,
    )
    return {row["id"]: Hit(row) for row in rows}


def _rank(search: Search, parameters: Parameters) -> str:
    """How well ticket `t` fits, as SQL. The number asked for comes first; then subjects that have all the words, and
    people and tags of that name; then messages, by how many of the words one has and how much of it they are."""
    words = [parameters.bind(meaning.words, "tsquery") for meaning in search.meanings]
    share = len(words)

    def matches(column: str) -> str:
        return " + ".join(f"({column} @@ {each})::int" for each in words)

    either = f"({' || '.join(words)})"
    parts = [
        f"100 * ({matches('t.words')}) / {share}",
        f"coalesce((SELECT max(50 * ({matches('m.words')}) / {share}"
        f" + least(40, (400 * ts_rank(m.words, {either}, 1))::int)) FROM support_ticket_message m"
        f" WHERE {search.visible(parameters)} AND m.words @@ {either}), 0)",
    ]
    for meaning, each in zip(search.meanings, words, strict=True):
        weight = 150 if meaning.certain else 20
        parts += [f"{weight} * (({named}) IS TRUE)::int / {share}" for named in search.named(meaning, each, parameters)]
        if meaning.number is not None:
            parts.append(f"1000 * (t.number = {parameters.bind(meaning.number, 'int')})::int / {share}")
    return f"({' + '.join(parts)})"


async def _changed(search: Search) -> list[UUID]:
    """The tickets that may have changed since the first page was read; none where there are too many."""
    if search.as_of is None:
        return []
    parameters = Parameters(search.reads.actor)
    since = parameters.bind(search.as_of - IN_FLIGHT, "timestamptz")
    table = search.target.table
    rows = await search.reads.run(
        f"SELECT t.id FROM {layout(table).table} t WHERE {parameters.scope(table)} AND t.updated_at > {since}"
        f" LIMIT {CHANGED + 1}",
        *parameters.values,
    )
    return [row["id"] for row in rows] if len(rows) <= CHANGED else []


def _shown(place: Place, hits: Iterable[Hit], changed: Sequence[UUID]) -> set[UUID]:
    """The tickets that were shown up to a place."""
    uncertain = set(changed)
    above = {hit.id for hit in hits if (hit.rank, hit.number) >= (place.rank, place.number)}
    certain = above - uncertain
    found = _summands(changed, reduce(xor, map(_hash, certain), place.sketch))
    return above if found is None else certain | found


def _summands(ids: Sequence[UUID], total: int) -> set[UUID] | None:
    """Those of the ids whose hashes sum up to `total`; None if none do. Gauss's elimination, an id's place a bit."""
    basis: dict[int, tuple[int, int]] = {}

    def reduced(value: int, members: int) -> tuple[int, int]:
        while value and (known := basis.get(value.bit_length())):
            value, members = value ^ known[0], members ^ known[1]
        return value, members

    for place, each in enumerate(ids):
        value, members = reduced(_hash(each), 1 << place)
        if value:
            basis[value.bit_length()] = value, members
    value, members = reduced(total, 0)
    return None if value else {each for place, each in enumerate(ids) if members >> place & 1}


def _hash(id: UUID) -> int:
    return int.from_bytes(blake2b(id.bytes, digest_size=32).digest(), "big")
