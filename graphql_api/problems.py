"""The one place where errors become what clients read: business failures, refusals, and bugs (masked and logged)."""

from __future__ import annotations

import logging
from typing import Any
from uuid import uuid4

from graphql import GraphQLError
from strawberry import ExceptionHandler
from strawberry.types.field import StrawberryField

from graphql_api.names import camel
from graphql_api.requests import AWAY_CHANGING, RETRY_AFTER
from graphql_api.types.problem import ProblemType
from models.errors import HelpdeskError, MessagesMissed, RateLimited
from models.outages import is_away

log = logging.getLogger(__name__)

LONGEST_MESSAGE = 1_000


class Problems(ExceptionHandler[HelpdeskError, ProblemType]):
    """Turns a business failure into the Problem of a mutation's result union."""

    def handle(self, exception: HelpdeskError, *, field: StrawberryField, info: Any) -> ProblemType:
        """The failure as clients see it; `path` in GraphQL's spelling."""
        if isinstance(exception, RateLimited):
            info.context.add_header("Retry-After", str(exception.retry_after))
        return problem_of(exception)


def problem_of(failure: HelpdeskError) -> ProblemType:
    """A business failure as clients see it, of a whole mutation or of one of its parts."""
    missed = failure.message_ids if isinstance(failure, MessagesMissed) else ()
    path = [camel(part) for part in failure.path]
    return ProblemType(code=failure.code, message=failure.message, path=path, missed_ids=missed)


def formatted(error: GraphQLError) -> dict[str, Any]:
    """An error of GraphQL's response format with a code; what nobody foresaw is logged and shown by its id only."""
    cause = error.original_error
    if isinstance(cause, HelpdeskError):
        shown: dict[str, Any] = {"message": cause.message, "extensions": {"code": cause.code.value}}
        if cause.path:
            shown["extensions"]["path"] = [camel(part) for part in cause.path]
    elif cause is None or isinstance(cause, GraphQLError):
        shown = {"message": _brief(error), "extensions": {"code": "BAD_USER_INPUT", **(error.extensions or {})}}
    elif is_away(cause):
        # Of queries nothing is shown where a part of them could not be read, so this tells of a mutation.
        log.warning("The database is away at %s: %r", error.path, cause)
        shown = {
            "message": AWAY_CHANGING,
            "extensions": {"code": "UNAVAILABLE", "retryAfterSeconds": RETRY_AFTER},
        }
    else:
        incident = uuid4().hex[:12]
        log.error("incident %s at %s", incident, error.path, exc_info=cause)
        shown = {
            "message": f"Something went wrong on our side; our log has it as {incident}.",
            "extensions": {"code": "INTERNAL"},
        }
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    return shown


def _brief(error: GraphQLError) -> str:
    """What graphql-core says; it quotes what was sent, however long that is."""
    return error.message if len(error.message) <= LONGEST_MESSAGE else error.message[:LONGEST_MESSAGE] + "..."


def coded(error: GraphQLError, code: str) -> dict[str, Any]:
    """An error of the document itself."""
    shown: dict[str, Any] = {"message": _brief(error), "extensions": {"code": code}}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    return shown
