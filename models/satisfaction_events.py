"""The facts of surveys: that a customer was asked, or why not, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from models.fact import Fact
from models.log import Visibility


class SurveySkip(StrEnum):
    """Why nobody was asked about a resolution."""

    DISABLED = "disabled"
    REOPENED = "reopened"
    ALREADY_RATED = "already_rated"
    REQUESTER_IS_STAFF = "requester_is_staff"
    REQUESTER_GONE = "requester_gone"
    TOO_MUCH_MAIL = "too_much_mail"


@dataclass(frozen=True, slots=True)
class SurveySent(Fact):
    """The requester was asked how the ticket was resolved by the event `resolution_id`; once for each resolution."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    resolution_id: UUID


@dataclass(frozen=True, slots=True)
class SurveySkipped(Fact):
    """Nobody was asked about a resolution, nor will be."""

    audience: ClassVar[Visibility] = Visibility.STAFF
    resolution_id: UUID
    reason: SurveySkip


@dataclass(frozen=True, slots=True)
class SatisfactionSubmitted(Fact):
    """A customer rated a resolution, or said something else about it: `previous` is what the rating was before.

    The rating is of the work of `agent_id`; of the AI's, or nobody's, where that is None.
    """

    satisfaction_id: UUID
    resolution_id: UUID
    rating: int
    previous: int | None = None
    agent_id: UUID | None = None


SATISFACTION_FACTS = (SurveySent, SurveySkipped, SatisfactionSubmitted)
