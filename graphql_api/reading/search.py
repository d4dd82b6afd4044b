"""Searches of tickets: what was asked, where its words may stand, and how to find them without reading everything.

Each word or phrase is one condition on a ticket, fulfilled by the subject, one message, a number, a name or a tag; all
must be. The conditions tell the whole truth. How to get at the tickets that fulfil them is a matter of cost: a list is
walked in its order where hits are frequent, and the indexes of words are asked where they are rare.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from graphql_api.reading.lists import PLANNED_ANEW, Condition, filled, tail
from graphql_api.reading.loaders import Reads
from graphql_api.reading.paging import Connection, Order, Page, connection_of
from graphql_api.reading.reads import RowType
from models.database import Row
from models.errors import InvalidInput
from models.rows import layout
from resolvers.access import Parameters

SEARCH_LIMIT = 200
TERMS_LIMIT = 12
# How many tickets of a list are looked at before the indexes of words are asked.
WALKED = 200
# A word that stands in so many places is no way to find anything: the list is walked on instead.
FREQUENT = 2_000
# So many people or tags are named one by one; of more, each ticket's own are looked at.
NAMED = 200
# A count goes no further.
COUNTED = 1_000

_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_QUOTES = str.maketrans("“”„‟«»", '""""""')
_NUMBER = re.compile(r"#?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Term:
    """A word or a quoted phrase. A word that may still be typed is `unfinished`."""

    text: str
    phrase: bool = False
    unfinished: bool = False

    @property
    def number(self) -> int | None:
        """The ticket that it may mean."""
        found = None if self.phrase else _NUMBER.fullmatch(self.text)
        return int(found[1]) if found else None

    @property
    def forgiving(self) -> bool:
        """Whether it may be a name with a typo in it."""
        return not self.phrase and len(self.text) >= 4 and not any(letter.isdigit() for letter in self.text)


def terms_of(arguments: Mapping[str, Any]) -> Sequence[Term]:
    """What the argument `search` asks for; nothing where it holds no letter or digit."""
    search = arguments.get("search")
    if not search:
        return ()
    if len(search) > SEARCH_LIMIT:
        raise InvalidInput(f"A search has at most {SEARCH_LIMIT} characters.", ["search"])
    found = [
        Term(phrase or word, phrase=bool(phrase), unfinished=bool(word) and end == len(search))
        for phrase, word, end in (
            (match[1], match[2], match.end()) for match in _TERM.finditer(search.translate(_QUOTES))
        )
        if any(letter.isalnum() for letter in phrase or word or "")
    ]
    if len(found) > TERMS_LIMIT:
        raise InvalidInput(f"A search has at most {TERMS_LIMIT} words and phrases.", ["search"])
    return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a term stands for in an organization: words as PostgreSQL asks for them, and whom and what it names.

    People and tags are `certain` where a name has the term as it was typed.
    """

    words: str
    number: int | None
    people: Sequence[UUID]
    tags: Sequence[str]
    certain: bool

    @property
    def countable(self) -> bool:
        """Whether the people and tags that it names are all there."""
        return len(self.people) <= NAMED and len(self.tags) <= NAMED


_MEANINGS = """
SELECT words::text AS words, support_people({tenant}, {only_me}, asked, words, forgiving, {most}) AS people,
       CASE WHEN {only_me} IS NULL THEN support_tags({tenant}, asked, words, forgiving, {most}) ELSE '{{}}' END AS tags,
       EXISTS (SELECT FROM support_membership p WHERE p.organization_id = {tenant} AND support_words(p.name) @@ words
               AND ({only_me} IS NULL OR p.id = {only_me}))
       OR {only_me} IS NULL AND EXISTS (
               SELECT FROM support_tag g WHERE g.organization_id = {tenant} AND support_words(g.name) @@ words)
       AS certain
FROM unnest({asked}::text[], {phrase}::boolean[], {unfinished}::boolean[], {forgiving}::boolean[])
     WITH ORDINALITY AS term(asked, phrase, unfinished, forgiving, place),
     LATERAL (SELECT CASE WHEN phrase THEN support_phrase(asked)
                          WHEN unfinished THEN support_begins(asked) || support_means(asked)
                          ELSE support_means(asked) END) AS meant(words)
ORDER BY place
"""


class Search:
    """A search in a list of tickets, on behalf of one actor."""

    def __init__(self, reads: Reads, target: type[RowType], conditions: Sequence[Condition]) -> None:
        self.reads = reads
        self.target = target
        self.staff = not reads.actor.is_customer
        self._conditions = [*conditions, PLANNED_ANEW]
        self.meanings: Sequence[Meaning] = ()

    async def understand(self, terms: Sequence[Term]) -> bool:
        """Look up what the terms mean; false where they mean nothing at all."""
        actor, parameters = self.reads.actor, Parameters(self.reads.actor)
        rows = await self.reads.run(
            _MEANINGS.format(
                tenant=parameters.bind(actor.organization_id, "uuid"),
                only_me=parameters.bind(None if self.staff else actor.user_id, "uuid"),
                most=parameters.bind(NAMED + 1, "int"),
                **{
                    name: parameters.bind([getattr(term, attribute) for term in terms])
                    for name, attribute in _ATTRIBUTES.items()
                },
            ),
            *parameters.values,
        )
        self.meanings = [
            Meaning(row["words"], term.number, row["people"], row["tags"], row["certain"])
            for term, row in zip(terms, rows, strict=True)
            # Signs that look like letters here, and mean nothing there.
            if row["words"]
        ]
        return bool(self.meanings)

    def conditions(self, parameters: Parameters) -> list[str]:
        """One for each term, on alias `t`."""
        return [self._condition(meaning, parameters) for meaning in self.meanings]

    @property
    def visible(self) -> str:
        """Which messages `m` of ticket `t` are searched."""
        notes = "" if self.staff else " AND NOT m.internal"
        return f"m.ticket_id = t.id{notes}"

    def _condition(self, meaning: Meaning, parameters: Parameters) -> str:
        words = parameters.bind(meaning.words, "tsquery")
        # OFFSET 0: asked ticket by ticket. Otherwise the planner may read all messages with the word beforehand.
        places = [
            f"t.words @@ {words}",
            f"EXISTS (SELECT FROM support_ticket_message m WHERE {self.visible} AND m.words @@ {words} OFFSET 0)",
            *self.named(meaning, words, parameters),
        ]
        if meaning.number is not None:
            places.append(f"t.number = {parameters.bind(meaning.number, 'int')}")
        return f"({' OR '.join(places)})"

    def named(self, meaning: Meaning, words: str, parameters: Parameters) -> list[str]:
        """The conditions under which a term means the ticket by a person or by a tag."""
        found = []
        if len(meaning.people) > NAMED:
            whose = "p.id IN (t.requester_id, t.assignee_id)" if self.staff else "p.id = t.requester_id"
            found.append(
                f"EXISTS (SELECT FROM support_membership p WHERE {whose} AND support_words(p.name) @@ {words} OFFSET 0)"
            )
        elif meaning.people:
            people = parameters.bind(meaning.people, "uuid[]")
            found.append(f"t.requester_id = ANY({people})")
            if self.staff:
                found.append(f"t.assignee_id = ANY({people})")
        if meaning.tags:
            alike = (
                f"support_words(g.name) @@ {words}"
                if len(meaning.tags) > NAMED
                else f"g.name = ANY({parameters.bind(meaning.tags, 'text[]')})"
            )
            found.append(f"EXISTS (SELECT FROM support_ticket_tag g WHERE g.ticket_id = t.id AND {alike} OFFSET 0)")
        return found

    async def candidates(self) -> list[UUID] | None:
        """All tickets that the rarest of the terms may be about; None where each is frequent."""
        found = await self._candidates([meaning for meaning in self.meanings if meaning.countable])
        return min((ids for ids in found if ids is not None), key=len, default=None)

    async def together(self) -> list[UUID] | None:
        """The tickets where one text has all the words; None where those are too many, or it is one word."""
        words = " & ".join(f"({meaning.words})" for meaning in self.meanings)
        if len(self.meanings) == 1:
            return None
        (found,) = await self._candidates([Meaning(words, None, (), (), certain=False)])
        return found

    async def _candidates(self, meanings: Sequence[Meaning]) -> list[list[UUID] | None]:
        if not meanings:
            return []
        parameters = Parameters(self.reads.actor)
        tenant = parameters.bind(self.reads.actor.organization_id, "uuid")
        staff, most = parameters.bind(self.staff, "boolean"), parameters.bind(FREQUENT, "int")
        asked = ", ".join(
            f"support_candidates({tenant}, {parameters.bind(meaning.words, 'tsquery')}, {staff},"
            f" {parameters.bind(meaning.people, 'uuid[]')}, {parameters.bind(meaning.tags, 'text[]')},"
            f" {parameters.bind(meaning.number, 'int')}, {most}) AS found_{place}"
            for place, meaning in enumerate(meanings)
        )
        (row,) = await self.reads.run(f"SELECT {asked}", *parameters.values)
        return list(row.values())

    def listed(self, parameters: Parameters) -> list[str]:
        """The conditions under which the list has ticket `t`, whether it is a hit or not."""
        return [*filled(self._conditions, parameters), parameters.scope(self.target.table)]

    def stretch(self, order: Order, page: Page, parameters: Parameters, ids: Sequence[UUID] | None = None) -> str:
        """The list's rows on one page, whether they are hits or not; of `ids` only, where they are given."""
        table = layout(self.target.table).table
        among = [] if ids is None else [f"t.id = ANY({parameters.bind(ids, 'uuid[]')})"]
        rest = tail(self.target.table, order, page, [*filled(self._conditions, parameters), *among], parameters)
        return f"SELECT t.* FROM {table} t {rest}"

    def hits(self, order: Order, page: Page, parameters: Parameters, inside: str | None = None) -> str:
        """A page of hits: of the whole list, or of the rows that `inside` finds in the list's order."""
        columns = ", ".join(f"t.{name}" for name in layout(self.target.table).columns)
        if inside is None:
            rest = tail(
                self.target.table,
                order,
                page,
                [*filled(self._conditions, parameters), *self.conditions(parameters)],
                parameters,
            )
            return f"SELECT {columns} FROM {layout(self.target.table).table} t {rest}"
        where = " AND ".join(self.conditions(parameters))
        return f"SELECT {columns} FROM ({inside}) AS t WHERE {where} {order.by(page)} LIMIT {page.size + 1}"

    async def page(self, order: Order, page: Page) -> Connection[Any]:
        """A page of hits in the list's own order, which goes on for as long as there are any."""
        rows = await self._page(order, page)
        nodes: list[tuple[Row, Any]] = [(row, self.target.of(row)) for row in rows]
        return connection_of(nodes, order, page, self.count)

    async def _page(self, order: Order, page: Page) -> list[Row]:
        parameters = Parameters(self.reads.actor)
        walked = self.stretch(order, replace(page, size=WALKED - 1), parameters)
        rows = await self.reads.run(self.hits(order, page, parameters, walked), *parameters.values)
        if len(rows) > page.size or not await self._goes_on(order, page):
            return rows
        ids = await self.candidates()
        parameters = Parameters(self.reads.actor)
        inside = None if ids is None else self.stretch(order, replace(page, size=FREQUENT), parameters, ids)
        return await self.reads.run(self.hits(order, page, parameters, inside), *parameters.values)

    async def _goes_on(self, order: Order, page: Page) -> bool:
        """Whether the list is longer than what has been walked."""
        parameters = Parameters(self.reads.actor)
        beyond = self.stretch(order, replace(page, size=0), parameters)
        return bool(await self.reads.run(f"{beyond} OFFSET {WALKED}", *parameters.values))

    async def count(self) -> int:
        """How many hits there are; COUNTED where there are so many or more."""
        ids = await self.candidates()
        parameters = Parameters(self.reads.actor)
        conditions = [*self.listed(parameters), *self.conditions(parameters)]
        if ids is not None:
            conditions.append(f"t.id = ANY({parameters.bind(ids, 'uuid[]')})")
        where = " AND ".join(conditions)
        (row,) = await self.reads.run(
            f"SELECT count(*) AS many FROM (SELECT FROM {layout(self.target.table).table} t WHERE {where}"
            f" LIMIT {COUNTED}) AS found",
            *parameters.values,
        )
        return int(row["many"])


_ATTRIBUTES = {"asked": "text", "phrase": "phrase", "unfinished": "unfinished", "forgiving": "forgiving"}
