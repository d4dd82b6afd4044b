"""Hits by relevance: a ranked list of at most 500, frozen as its first page found it.

Ranking again for each page would show a hit twice, or never, when something else moved in the meantime. So a cursor
carries the whole list: the tickets' numbers, the best first, packed into bits (1.4 kB for 500 tickets of an
organization with 100,000). A later page is read by these numbers alone. Nothing is kept on the server. What the actor
may not see, or the filter does not let through, is looked at anew, so a forged cursor shows its maker nothing that
`filter: { number }` would not.
"""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from graphql_api.reading.paging import Connection, Edge, Order, Page, PageInfo
from graphql_api.reading.search import FREQUENT, Search, Term
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
# 500 numbers of 31 bits in base64, and what stands before them.
RANKED_CURSOR_LIMIT = 2_600

NEWEST_FIRST = Order("newest", ("created_at", "id"), descending=True)
# What was searched for, the place, how many numbers, bits for each.
_HEAD = struct.Struct(">IHHB")


@dataclass(frozen=True, slots=True)
class Frozen:
    """A ranked list: the numbers of the tickets that were found for `asked`, the best first, and the same in bits."""

    asked: int
    numbers: tuple[int, ...]
    width: int
    packed: bytes

    @classmethod
    def of(cls, asked: int, numbers: Sequence[int]) -> Frozen:
        """The list that a first page begins."""
        width = max(numbers, default=1).bit_length()
        bits = "".join(f"{number:0{width}b}" for number in numbers)
        return cls(asked, tuple(numbers), width, int(f"0{bits}", 2).to_bytes((len(bits) + 7) // 8, "big"))

    def seal(self, place: int) -> str:
        """The cursor of a place in the list."""
        head = _HEAD.pack(self.asked, place, len(self.numbers), self.width)
        return base64.urlsafe_b64encode(head + self.packed).rstrip(b"=").decode()

    @classmethod
    def unseal(cls, cursor: str, asked: int, field: str) -> tuple[Frozen, int]:
        """The list that a cursor holds and the place in it; raises InvalidInput for one that `seal` would not make."""
        try:
            if len(cursor) > RANKED_CURSOR_LIMIT:
                raise ValueError("too long")
            known = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
            _, place, count, width = _HEAD.unpack_from(known)
            if not place < count <= HITS or not 0 < width < 32:
                raise ValueError("no place")
            bits = f"{int.from_bytes(known[_HEAD.size :], 'big'):0{count * width}b}"
            frozen = cls.of(asked, [int(bits[start : start + width], 2) for start in range(0, len(bits), width)])
            if frozen.seal(place) != cursor:
                raise ValueError("of another search, or of nobody's making")
        except (ValueError, struct.error, binascii.Error) as error:
            raise InvalidInput("This cursor is not of this list.", [field]) from error
        return frozen, place


async def ranked(search: Search, terms: Sequence[Term], page: Page) -> Connection[Any]:
    """The first page of the ranked list, or its last: what is found now is what its other pages show."""
    hits = await _ranking(search)
    frozen = Frozen.of(_asked(terms), [row["number"] for row in hits])
    return _page(search, page, frozen, hits[::-1] if page.backward else hits)


async def ranked_further(search: Search, terms: Sequence[Term], page: Page) -> Connection[Any]:
    """A page that begins or ends at a cursor."""
    asked = _asked(terms)
    after = None if page.after is None else Frozen.unseal(page.after, asked, "after")
    before = None if page.before is None else Frozen.unseal(page.before, asked, "before")
    found = {frozen for frozen, _ in filter(None, (after, before))}
    if len(found) != 1:
        raise InvalidInput("These two cursors are not of one list.", ["before"])
    (frozen,) = found
    stretch = frozen.numbers[after[1] + 1 if after else 0 : before[1] if before else None]
    return _page(search, page, frozen, await _still_there(search, page, stretch))


async def ranked_count(search: Search) -> int:
    """How many hits the ranked list has, begun now."""
    return len(await _ranking(search))


def _asked(terms: Sequence[Term]) -> int:
    return zlib.crc32(repr(terms).encode())


def _page(search: Search, page: Page, frozen: Frozen, rows: Sequence[Row]) -> Connection[Any]:
    """A page of rows that come in the order of reading, one more of them than the page holds if the list goes on."""
    places = {number: place for place, number in enumerate(frozen.numbers)}
    kept = list(rows[: page.size])
    if page.backward:
        kept.reverse()
    edges = [Edge(cursor=frozen.seal(places[row["number"]]), node=search.target.of(row)) for row in kept]
    more = len(rows) > page.size
    info = PageInfo(
        has_next_page=page.before is not None if page.backward else more,
        has_previous_page=more if page.backward else page.after is not None,
        start_cursor=edges[0].cursor if edges else None,
        end_cursor=edges[-1].cursor if edges else None,
    )

    async def count() -> int:
        return len(frozen.numbers)

    return Connection(edges=edges, page_info=info, count=count)


async def _still_there(search: Search, page: Page, numbers: Sequence[int]) -> list[Row]:
    """The tickets with these numbers, in this order or from its end, as far as the actor and the filter still see
    them; one more than the page holds."""
    parameters = Parameters(search.reads.actor)
    among = parameters.bind(numbers, "int[]")
    where = " AND ".join([f"t.number = ANY({among})", *search.listed(parameters)])
    return await search.reads.run(
        f"SELECT {_columns(search)} FROM {layout(search.target.table).table} t WHERE {where}"
        f" ORDER BY array_position({among}, t.number){' DESC' if page.backward else ''} LIMIT {page.size + 1}",
        *parameters.values,
    )


def _columns(search: Search) -> str:
    return ", ".join(f"t.{name}" for name in layout(search.target.table).columns)


async def _ranking(search: Search) -> list[Row]:
    """The hits, the best first and of equal ones the newest. Of words that are too frequent to rank all that have them,
    the newest tickets."""
    rare = None if await _sampled(search) >= FREQUENT_IN_SAMPLE else await search.candidates()
    if rare is not None:
        found = await _ranked(search, Page(size=FREQUENT), rare)
    else:
        found = await _ranked(search, Page(size=NEWEST - 1))
        # Each word is frequent, but perhaps not all of them in one place.
        together = await search.together()
        found |= await _ranked(search, Page(size=FREQUENT), together) if together else {}
    return sorted(found.values(), key=lambda row: (row["rank"], row["number"]), reverse=True)[:HITS]


async def _sampled(search: Search) -> int:
    """How many of the newest tickets are hits."""
    parameters = Parameters(search.reads.actor)
    newest = search.stretch(NEWEST_FIRST, Page(size=SAMPLE - 1), parameters)
    where = " AND ".join(search.conditions(parameters))
    (row,) = await search.reads.run(f"SELECT count(*) AS many FROM ({newest}) AS t WHERE {where}", *parameters.values)
    return int(row["many"])


async def _ranked(search: Search, page: Page, ids: Sequence[UUID] | None = None) -> dict[int, Row]:
    """The hits among the list's newest tickets, or among those with these ids."""
    parameters = Parameters(search.reads.actor)
    newest = search.stretch(NEWEST_FIRST, page, parameters, ids)
    where = " AND ".join(search.conditions(parameters))
    rows = await search.reads.run(
        f"SELECT {_columns(search)}, {_rank(search, parameters)} AS rank FROM ({newest}) AS t WHERE {where}"
        f" ORDER BY rank DESC, number DESC LIMIT {HITS}",
        *parameters.values,
    )
    return {row["number"]: row for row in rows}


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
        f" WHERE {search.visible} AND m.words @@ {either}), 0)",
    ]
    for meaning, each in zip(search.meanings, words, strict=True):
        weight = 150 if meaning.certain else 20
        parts += [f"{weight} * (({named}) IS TRUE)::int / {share}" for named in search.named(meaning, each, parameters)]
        if meaning.number is not None:
            parts.append(f"1000 * (t.number = {parameters.bind(meaning.number, 'int')})::int / {share}")
    return f"({' + '.join(parts)})"
