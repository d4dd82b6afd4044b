"""Signposts to resolvers/satisfaction.py and resolvers/surveys.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Context, Info
from graphql_api.ids import decode
from graphql_api.mutations.shared import given
from graphql_api.types.problem import ProblemType
from graphql_api.types.satisfaction import SubmitSatisfactionInput, SurveyAnswerType
from graphql_api.types.tickets import SatisfactionType
from models.errors import InvalidInput, NotAllowed
from models.links import BadLink
from resolvers.access import permit
from resolvers.patches import Keep
from resolvers.satisfaction import Rating, submit_satisfaction
from resolvers.surveys import answer_survey

SatisfactionResult = Annotated[
    SatisfactionType | SurveyAnswerType | ProblemType,
    strawberry.union(
        "SatisfactionResult",
        description="The rating of your ticket, or what the holder of a survey link answered, or a Problem.",
    ),
]


async def _by_link(context: Context, token: str, rating: Rating) -> SurveyAnswerType:
    services = context.services
    try:
        answered = (await answer_survey(services.database, services.links, token, rating)).given
    except BadLink:
        raise BadLink(["survey_token"]) from None
    if answered is None:
        raise LookupError("what was just rated has no rating")
    return SurveyAnswerType(
        rating=answered.rating,
        comment=answered.comment,
        created_at=answered.at,
        changeable_until=answered.changeable_until,
    )


@strawberry.type
class SatisfactionMutations:
    """What customers say of resolutions."""

    @strawberry.mutation(
        description="Rate a resolution of your ticket, once each; rating again within seven days changes the "
        "rating. With a survey link no credentials are needed; ten answers per minute and link."
    )
    async def submit_satisfaction(
        self,
        info: Info,
        input: Annotated[SubmitSatisfactionInput, strawberry.argument(description="The rating.")],
    ) -> SatisfactionResult:
        context = info.context
        comment: str | Keep | None = given(input.comment)
        rating = Rating(input.rating, comment)
        if context.caller is not None:
            permit(context.caller, "submit_satisfaction")
        if (input.ticket_id is None) is (input.survey_token is None):
            raise InvalidInput("Say which resolution, by `ticketId` or `surveyToken`: one of the two.", ["ticket_id"])
        if input.survey_token is not None:
            return await _by_link(context, input.survey_token, rating)
        if context.caller is None:
            raise NotAllowed("Sign in to rate a ticket, or show the link of its survey.")
        rated = await submit_satisfaction(context.caller, decode("tkt", input.ticket_id or ""), rating)
        return await context.reads.reload(SatisfactionType, rated)
