"""What subscriptions show that is kept nowhere."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol, runtime_checkable


@runtime_checkable
class OfTheMoment(Protocol):
    """An item that is shown once to all of a role who asked for the same: those with an equal `moment` are the same."""

    @property
    def moment(self) -> Hashable | None:
        """What tells it from all other items of the process; None where each may be shown something else of it."""
        ...
