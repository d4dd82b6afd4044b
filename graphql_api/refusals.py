"""What callers are told of operations that are not run."""

from __future__ import annotations

import orjson

from graphql_api.requests import OperationRefused


def too_costly(cost: int, limit: int) -> OperationRefused:
    """What costs more than any operation may."""
    message = f"This would cost {cost:,}; an operation may cost {limit:,}. Ask for shorter pages or fewer levels."
    extensions = {"code": "TOO_COSTLY", "cost": {"estimated": cost, "limit": limit}}
    return OperationRefused([{"message": message, "extensions": extensions}])


def too_costly_unplanned(cost: int, limit: int, why: str) -> OperationRefused:
    """What no plan can read, and costs more than an operation without a plan may."""
    message = (
        f"This would cost {cost:,}; what can't be read by few statements may cost {limit:,} ({why})."
        " Ask for shorter pages or fewer levels."
    )
    extensions = {"code": "TOO_COSTLY", "cost": {"estimated": cost, "limit": limit}}
    return OperationRefused([{"message": message, "extensions": extensions}])


def discreet(refusal: OperationRefused) -> OperationRefused:
    """The same, without the names of the schema: those are for people who are signed in."""
    errors = orjson.loads(refusal.errors)
    for error in errors:
        if error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED":
            error["message"] = "This is not valid here. Sign in to be told why."
    return OperationRefused(errors)
