"""What can go wrong in ways a caller can act on: each error is a code and a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from enum import StrEnum
from uuid import UUID


class Code(StrEnum):
    """The closed set of business failures; clients branch on these."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    INVALID_INPUT = "INVALID_INPUT"
    TRANSITION_NOT_ALLOWED = "TRANSITION_NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    ALREADY_DECIDED = "ALREADY_DECIDED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    TIMEOUT = "TIMEOUT"


class HelpdeskError(Exception):
    """A refusal with a code and a sentence that its reader can act on; `path` points into the input."""

    code: Code

    def __init__(self, message: str, path: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.path = tuple(path)


class NotFound(HelpdeskError):
    """The row does not exist, or the actor may not know that it does."""

    code = Code.NOT_FOUND

    def __init__(self, noun: str, path: Iterable[str] = ()) -> None:
        super().__init__(f"There is no such {noun}.", path)


class Gone(HelpdeskError):
    """What was done has left nothing that the actor may still see."""

    code = Code.NOT_FOUND

    def __init__(self) -> None:
        super().__init__("This was done, but what it made is gone by now, or no longer yours to see.")


class NotAllowed(HelpdeskError):
    """The actor's role does not include this operation."""

    code = Code.NOT_ALLOWED


class InvalidInput(HelpdeskError):
    """An argument can't be used; `path` says which."""

    code = Code.INVALID_INPUT


class TransitionNotAllowed(HelpdeskError):
    """The ticket's life cycle has no such step for this actor."""

    code = Code.TRANSITION_NOT_ALLOWED


class Conflict(HelpdeskError):
    """Somebody else changed the row after the caller read it."""

    code = Code.CONFLICT


class MessagesMissed(Conflict):
    """Others wrote on the ticket meanwhile: `message_ids`, oldest first."""

    def __init__(self, message_ids: Sequence[UUID]) -> None:
        super().__init__("Somebody wrote on this ticket after the message that you answer. Read the thread again.")
        self.message_ids = message_ids


class IdempotencyMismatch(HelpdeskError):
    """The idempotency key was sent with another request before."""

    code = Code.IDEMPOTENCY_MISMATCH


class AlreadyDecided(HelpdeskError):
    """The suggestion was accepted, edited or dismissed before; the rating was given too long ago to be changed."""

    code = Code.ALREADY_DECIDED


class QuotaExceeded(HelpdeskError):
    """As many tickets were opened this month as the organization may. Its customers are not `told` how many."""

    code = Code.QUOTA_EXCEEDED

    def __init__(self, limit: int, resets_on: date, *, told: bool) -> None:
        day = f"{resets_on:%B} {resets_on.day}, {resets_on.year} (UTC)"
        if told:
            super().__init__(
                f"The organization's {limit:,} tickets of this month are used up; it can open more on {day}."
            )
        else:
            super().__init__(f"No new tickets can be opened here before {day}.")


class RateLimited(HelpdeskError):
    """Too often; trying again in `retry_after` seconds is right."""

    code = Code.RATE_LIMITED

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(HelpdeskError):
    """A part that this needs is away; trying again later is right."""

    code = Code.UNAVAILABLE
