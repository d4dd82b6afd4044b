"""A draft that is being written."""

from __future__ import annotations

from collections.abc import Hashable
from uuid import UUID

import strawberry

from graphql_api.context import Info
from graphql_api.ids import encode
from graphql_api.types import enums as enums
from graphql_api.types.moment import OfTheMoment
from graphql_api.types.tickets import SuggestionType
from models.assistance import SuggestionStatus


def _suggestion_id(root: SuggestionProgressType) -> strawberry.ID:
    return strawberry.ID(encode("sug", root.key))


async def _suggestion(root: SuggestionProgressType, info: Info) -> SuggestionType | None:
    return await info.context.reads.one(SuggestionType, root.key if root.is_stored else None)


@strawberry.type(name="SuggestionProgress", description="The progress of a draft.")
class SuggestionProgressType(OfTheMoment):
    """A step of a draft; its row is read where it is asked for, and only where there is one."""

    key: strawberry.Private[UUID]
    is_stored: strawberry.Private[bool]
    suggestion_id: strawberry.ID = strawberry.field(
        resolver=_suggestion_id, description="The draft's id, known before the suggestion exists."
    )
    number: int = strawberry.field(
        description="Grows with each step of a draft; steps that follow too quickly are skipped."
    )
    status: SuggestionStatus = strawberry.field(
        description="GENERATING while it is being written or about to be; else the outcome. FAILED: there is no draft."
    )
    text: str = strawberry.field(
        description="The whole text so far, in Markdown. While GENERATING it may still change."
    )
    suggestion: SuggestionType | None = strawberry.field(
        resolver=_suggestion,
        description="The suggestion as it is now; null while it is being written, and for a failed draft that "
        "nobody requested.",
    )

    @property
    def moment(self) -> Hashable | None:
        """The same for all who follow the ticket, but where there is a suggestion: from that it is not far to the
        ticket's events, and among these are everybody's own notifications."""
        return None if self.is_stored else (SuggestionProgressType, self.key, self.number, self.status, self.text)
