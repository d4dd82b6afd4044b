"""A ticket's drafts as they come into being: their text from the moment, what became of them from the log."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from graphql_api.context import Context
from graphql_api.types.suggestion_progress import SuggestionProgressType
from models.actors import Actor
from models.assistance import AiSuggestion, SuggestionStatus
from models.errors import NotFound
from models.events import SuggestionReady, SuggestionRequested
from models.fact import Fact
from resolvers.access import look_up
from resolvers.suggestions import newest_suggestion
from subscriptions.drafts import DraftPiece
from subscriptions.items import FeedEvent, FeedItem, Scope
from subscriptions.merging import merged

FACTS: frozenset[type[Fact]] = frozenset({SuggestionReady, SuggestionRequested})


async def follow_drafts(context: Context, ticket_id: UUID) -> AsyncGenerator[SuggestionProgressType, None]:
    """What there is of the ticket's drafts, then each step of theirs. What became of a draft is never missed."""
    services, steps = context.services, _Steps(context.actor)
    # Before anything is read: what is read later is not missed, only told twice, and that `steps` passes over.
    position = await services.feed.position(context.actor)
    log = services.feed.subscribe(Scope(context.actor, ticket_id, FACTS), position)
    with services.drafts.reading(ticket_id) as pieces:
        newest = await newest_suggestion(context.actor, ticket_id)
        if newest and not services.drafts.is_written(newest.id):
            yield steps.recorded(newest)
        async with aclosing(merged(log, pieces)) as items:
            async for item in items:
                if step := await steps.of(item):
                    yield step


class _Steps:
    """Makes items of what is heard of a ticket's drafts; each draft's numbers grow."""

    def __init__(self, actor: Actor) -> None:
        self._actor = actor
        self._numbers: dict[UUID, int] = {}
        self._settled: dict[UUID, SuggestionStatus] = {}

    async def of(self, item: FeedItem | DraftPiece) -> SuggestionProgressType | None:
        """What to tell of it; None where all is said."""
        if isinstance(item, DraftPiece):
            if item.suggestion_id in self._settled:
                return None
            if item.text is None:
                return await self._looked_up(item.suggestion_id)
            number = self._number(item.suggestion_id, item.number)
            return _step(item.suggestion_id, number, SuggestionStatus.GENERATING, item.text)
        if (
            isinstance(item, FeedEvent)
            and isinstance(fact := item.event.fact, SuggestionReady | SuggestionRequested)
            and not self._is_known(fact)
        ):
            return await self._looked_up(fact.suggestion_id)
        return None

    def _number(self, suggestion_id: UUID, at_least: int = 0) -> int:
        """The number of a draft's next step: another attempt at it counts anew, and its readers must not notice."""
        number = self._numbers[suggestion_id] = max(at_least, self._numbers.get(suggestion_id, -1) + 1)
        return number

    def _is_known(self, fact: SuggestionReady | SuggestionRequested) -> bool:
        if isinstance(fact, SuggestionRequested):
            return fact.suggestion_id in self._numbers
        # One that has failed may be tried again.
        return self._settled.get(fact.suggestion_id, SuggestionStatus.FAILED) is not SuggestionStatus.FAILED

    async def _looked_up(self, suggestion_id: UUID) -> SuggestionProgressType | None:
        try:
            suggestion = await look_up(self._actor, AiSuggestion, suggestion_id)
        except NotFound:
            # Nobody had asked for it, and nothing came of it.
            self._settled[suggestion_id] = SuggestionStatus.FAILED
            return _step(suggestion_id, self._number(suggestion_id), SuggestionStatus.FAILED, "")
        return None if self._settled.get(suggestion_id) is suggestion.status else self.recorded(suggestion)

    def recorded(self, suggestion: AiSuggestion) -> SuggestionProgressType:
        """A draft as it is stored; once it is not being written, nothing more is told of it."""
        if suggestion.status is not SuggestionStatus.GENERATING:
            self._settled[suggestion.id] = suggestion.status
        number, text = self._number(suggestion.id), suggestion.body or ""
        return _step(suggestion.id, number, suggestion.status, text, is_stored=True)


def _step(
    suggestion_id: UUID, number: int, status: SuggestionStatus, text: str, *, is_stored: bool = False
) -> SuggestionProgressType:
    return SuggestionProgressType(key=suggestion_id, number=number, status=status, text=text, is_stored=is_stored)
