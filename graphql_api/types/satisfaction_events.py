"""Events of surveys as clients see them."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from graphql_api.reading.reads import HIDDEN, column, id_of, to_one
from graphql_api.types import enums as enums
from graphql_api.types.event import EventType
from graphql_api.types.organizations import UserType
from graphql_api.types.tickets import SatisfactionType
from models import satisfaction_events as facts
from models.fact import Fact
from models.satisfaction_events import SurveySkip


@strawberry.type(name="SurveySent", description="A survey about a resolution was sent to the requester.")
class SurveySentType(EventType):
    """facts.SurveySent"""

    resolution_id: strawberry.ID = id_of("resolution_id", "evt", "The id of the `TicketResolved` that it is about.")


@strawberry.type(name="SurveySkipped", description="No survey about a resolution is sent.")
class SurveySkippedType(EventType):
    """facts.SurveySkipped"""

    resolution_id: strawberry.ID = id_of("resolution_id", "evt", "The id of the `TicketResolved` that it is about.")
    reason: SurveySkip = column("reason", "Why not.", enum=SurveySkip)


@strawberry.type(name="SatisfactionSubmitted", description="A customer rated a resolution, or changed their rating.")
class SatisfactionSubmittedType(EventType):
    """facts.SatisfactionSubmitted"""

    resolution_id: strawberry.ID = id_of("resolution_id", "evt", "The id of the `TicketResolved` that was rated.")
    satisfaction: SatisfactionType | None = to_one(
        lambda: SatisfactionType, "satisfaction_id", "The rating as it is now, with its comment."
    )
    rating: int = column("rating", "The rating at that time, from 1 (worst) to 5.")
    previous: int | None = column("previous", "The previous rating; null: none.")
    agent: UserType | None = to_one(
        lambda: UserType, "agent_id", "The agent whose work was rated. Null for customers.", customer=HIDDEN
    )


SATISFACTION_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.SurveySent: SurveySentType,
    facts.SurveySkipped: SurveySkippedType,
    facts.SatisfactionSubmitted: SatisfactionSubmittedType,
}
