"""Ratings: what customers send and see, and how lists of them are narrowed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import strawberry

from graphql_api.ids import decode
from graphql_api.reading.lists import Condition
from graphql_api.reading.paging import Order
from models.actors import Actor


@strawberry.input(description="A rating of a resolution. Pass either `ticketId` or `surveyToken`.")
class SubmitSatisfactionInput:
    """See resolvers.satisfaction.submit_satisfaction."""

    ticket_id: strawberry.ID | None = strawberry.field(
        default=None, description="A ticket of yours: its last resolution is rated. Needs a customer's credentials."
    )
    survey_token: str | None = strawberry.field(
        default=None, description="What follows `/survey/` in a survey link. Needs no credentials."
    )
    rating: int = strawberry.field(description="From 1 (worst) to 5.")
    comment: strawberry.Maybe[str | None] = strawberry.field(
        default=None, description="A comment, at most 2,000 characters; if left out, it stays; null removes it."
    )


@strawberry.type(name="SurveyAnswer", description="The rating that the holder of a survey link has given.")
class SurveyAnswerType:
    """What a link may show: it lets its holder rate, not read the ticket."""

    rating: int = strawberry.field(description="From 1 (worst) to 5.")
    comment: str | None = strawberry.field(description="Their comment.")
    created_at: datetime = strawberry.field(description="When it was given first.")
    changeable_until: datetime = strawberry.field(description="Until when it can be changed.")


@strawberry.input(description="Which ratings to list: those that meet all given conditions.")
class SatisfactionFilter:
    """Absent and null both mean: don't care."""

    agent_id: strawberry.ID | None = strawberry.field(default=None, description="Of this agent's work.")
    ticket_id: strawberry.ID | None = strawberry.field(default=None, description="Of this ticket.")
    rating: list[int] | None = strawberry.field(default=None, description="One of these numbers.")
    created_from: datetime | None = strawberry.field(default=None, description="Given at or after this instant.")
    created_before: datetime | None = strawberry.field(default=None, description="Given before this instant.")


def satisfaction_conditions(arguments: Mapping[str, Any], _actor: Actor) -> Sequence[Condition]:
    """The conditions of the argument `filter`."""
    wanted: SatisfactionFilter = arguments.get("filter") or SatisfactionFilter()
    found: list[tuple[str, object]] = [
        # Any number may be asked for; a column of small ones would refuse it.
        ("t.rating = ANY({}::int[])", wanted.rating),
        ("t.created_at >= {}", wanted.created_from),
        ("t.created_at < {}", wanted.created_before),
    ]
    # An id of nothing finds nothing.
    ids: list[Condition] = [
        (template, decode(prefix, value))
        for template, prefix, value in (
            ("t.agent_id = {}", "usr", wanted.agent_id),
            ("t.ticket_id = {}", "tkt", wanted.ticket_id),
        )
        if value is not None
    ]
    return [*((template, value) for template, value in found if value is not None), *ids]


def satisfaction_order(_arguments: Mapping[str, Any], _actor: Actor) -> Order:
    """Newest first."""
    return Order("created-desc", ("created_at", "id"), descending=True)
