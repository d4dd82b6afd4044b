"""What subscriptions show that is kept nowhere."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol, runtime_checkable


@runtime_checkable
class OfTheMoment(Protocol):
    """An item that is shown once to all of a role who asked for the same: those with an equal `moment` are the same.

    One that is `personal` is shown once to each person.
    """

    @property
    def moment(self) -> Hashable:
        """What tells it from all other items of the process."""
        ...

    @property
    def personal(self) -> bool:
        """Whether it leads to what each of a role sees their own of."""
        ...
