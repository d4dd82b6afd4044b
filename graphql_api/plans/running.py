"""Runs plans: from a request's variables to a root field's value, ready for JSON, without per-field execution."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from graphql_api.ids import decode, prefix_of
from graphql_api.plans.compiling import Write
from graphql_api.plans.loading import fill
from graphql_api.plans.shapes import Given, Place, RootRows, Unplanned
from graphql_api.plans.statements import Statement, count_statement, root_statement
from graphql_api.reading.paging import PAGE_LIMIT
from graphql_api.reading.reads import RowType
from graphql_api.reading.roots import AnyNode
from graphql_api.recent import Recent
from graphql_api.types.organizations import permissions_of
from graphql_api.types.scalars import write_instant
from models.actors import Actor
from models.organizations import Membership
from resolvers.access import permit
from resolvers.telling import count_unread

if TYPE_CHECKING:
    from graphql_api.context import Context

SHAPES_KEPT = 50


class Root(Protocol):
    """A root field, planned."""

    async def run(self, context: Context, variables: Any) -> Any:
        """The field's value, ready for JSON. Raises Unplanned where only the ordinary executor knows the answer."""
        ...


def by_key(key: UUID | None) -> Given:
    """One row, by its key."""
    return Given("key", [key], templates=("t.id = {}",))


def by_keys(keys: Sequence[UUID]) -> Given:
    """Rows, by their keys."""
    return Given("keys", [keys], templates=("t.id = ANY({})",))


@dataclass(slots=True)
class Rooted:
    """Rows of one table, a page of them or one, and the function that writes them."""

    rows: RootRows
    places: Sequence[Place]
    write: Write
    _statements: Recent[Any, tuple[Statement | None, Statement | None]] = field(
        default_factory=lambda: Recent(SHAPES_KEPT)
    )

    async def run(self, context: Context, variables: Any) -> Any:
        """The rows that the arguments ask for."""
        actor = context.actor
        return await self._fetch(context, [place.read(variables, actor) for place in self.places])

    async def run_for(self, context: Context, variables: Any, key: UUID) -> Any:
        """The row with this key, whatever the arguments say; None if the actor does not see it."""
        return await self.run_given(context, variables, by_key(key))

    async def run_given(self, context: Context, variables: Any, given: Given) -> Any:
        """The rows that are said here, whatever the arguments say."""
        own = self.rows.place.number
        actor = context.actor
        givens = [given if place.number == own else place.read(variables, actor) for place in self.places]
        return await self._fetch(context, givens)

    def check(self, variables: Any, actor: Actor) -> None:
        """Read what was given for all places but the row's own; raises as running would."""
        for place in self.places:
            if place.number != self.rows.place.number:
                place.read(variables, actor)

    async def _fetch(self, context: Context, givens: Sequence[Given]) -> Any:
        actor, fetch = context.actor, context.reads.run
        listing, counting = self._statement(givens, actor)
        rows = await fetch(listing.text, *listing.values(actor, givens)) if listing else ()
        count = (await fetch(counting.text, *counting.values(actor, givens)))[0][0] if counting else None
        shown = self.write(rows, count, givens[self.rows.place.number], givens, actor)
        await fill(givens, context)
        return shown

    def _statement(self, givens: Sequence[Given], actor: Actor) -> tuple[Statement | None, Statement | None]:
        shape = tuple(given.shape for given in givens)
        found = self._statements.get(shape)
        if found is None:
            given = givens[self.rows.place.number]
            listing = root_statement(self.rows, given, givens, actor) if self.rows.listed else None
            counting = count_statement(self.rows, given, actor) if self.rows.counted else None
            found = self._statements.keep(shape, (listing, counting))
        return found


@dataclass(slots=True)
class Permitted:
    """A root field that the actor's role must include."""

    operation: str
    rooted: Rooted

    async def run(self, context: Context, variables: Any) -> Any:
        """The rows that the arguments ask for."""
        permit(context.actor, self.operation)
        return await self.rooted.run(context, variables)


@dataclass(slots=True)
class _ByType:
    """A plan for each type that an id may be of, made when the first such id comes."""

    operation: str
    source: AnyNode
    arguments: Callable[[Any], Mapping[str, Any]]
    planned: Callable[[type[RowType]], Rooted]
    known: dict[str, Rooted] = field(default_factory=dict)

    def rooted(self, target: type[RowType]) -> Rooted:
        """The plan for rows of a type."""
        if target.prefix not in self.known:
            self.known[target.prefix] = self.planned(target)
        return self.known[target.prefix]


@dataclass(slots=True)
class AnyRow(_ByType):
    """`node`."""

    async def run(self, context: Context, variables: Any) -> Any:
        """What the id names, if the actor sees it."""
        permit(context.actor, self.operation)
        text = self.arguments(variables)["id"]
        target = self.source.types().get(prefix_of(text))
        key = None if target is None else decode(target.prefix, text)
        if target is None or key is None:
            return None
        return await self.rooted(target).run_for(context, variables, key)


@dataclass(slots=True)
class AnyRows(_ByType):
    """`nodes`: a statement for each type, whose rows are written by their keys."""

    async def run(self, context: Context, variables: Any) -> Any:
        """What the ids name, in their order; null for what the actor does not see."""
        permit(context.actor, self.operation)
        ids = self.arguments(variables)["ids"]
        if len(ids) > PAGE_LIMIT:
            raise Unplanned("too many ids")
        asked: dict[type[RowType], dict[str, UUID]] = {}
        for text in ids:
            target = self.source.types().get(prefix_of(text))
            if target and (key := decode(target.prefix, text)):
                asked.setdefault(target, {})[text] = key
        shown: dict[str, Any] = {}
        for target, keys in asked.items():
            found = await self.rooted(target).run_given(context, variables, by_keys(list(keys.values())))
            shown |= {text: found.get(key) for text, key in keys.items()}
        return [shown.get(text) for text in ids]


@dataclass(frozen=True, slots=True)
class Typename:
    """`__typename`."""

    value: str

    async def run(self, _context: Context, _variables: Any) -> Any:
        """The root type's name."""
        return self.value


@dataclass(frozen=True, slots=True)
class FeedCursor:
    """`feedCursor`."""

    async def run(self, context: Context, _variables: Any) -> Any:
        """Where the feed stands, in the query's own snapshot."""
        permit(context.actor, "feed_cursor")
        return context.services.cursors.seal(await context.feed_position())


@dataclass(frozen=True, slots=True)
class UnreadCount:
    """`viewer { unreadNotifications }`, which is asked for with every page of a console."""


@dataclass(slots=True)
class Viewer:
    """`viewer`: its rows by plans, the rest from the actor."""

    parts: Mapping[str, str | Typename | UnreadCount | Rooted]

    async def run(self, context: Context, variables: Any) -> Any:
        """Who asks."""
        actor = context.actor
        permit(actor, "viewer")
        if actor.user_id is None or actor.role is None:
            raise Unplanned("a viewer who is no person")
        own: Mapping[str, Any] = {
            "role": actor.role.name,
            "permissions": permissions_of(actor),
            "expiresAt": None if actor.expires_at is None else write_instant(actor.expires_at),
        }
        shown: dict[str, Any] = {}
        for key, part in self.parts.items():
            match part:
                case Typename(value):
                    shown[key] = value
                case UnreadCount():
                    shown[key] = await count_unread(context.reads.run, actor.user_id)
                case Rooted():
                    row_id = actor.user_id if part.rows.rows.model is Membership else actor.organization_id
                    shown[key] = await part.run_for(context, variables, row_id)
                    if shown[key] is None:
                        raise Unplanned("a viewer who is gone")
                case name:
                    shown[key] = own[name]
        return shown
