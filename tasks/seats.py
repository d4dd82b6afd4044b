"""How many reactions a worker runs at once, and how lanes share them: none fills the worker, none starves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from models.log import Lane


class Seats:
    """A worker's seats, of which each lane has some to itself; the rest goes to whoever is more urgent."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept = {Lane.PEOPLE: capacity // 4, Lane.NORMAL: capacity // 4, Lane.BULK: capacity // 8}
        self._taken: Counter[Lane] = Counter()

    def take(self, lane: Lane) -> None:
        """Seat a reaction, also where there is no seat left: what was claimed is run."""
        self._taken[lane] += 1

    def give_back(self, lane: Lane) -> None:
        """Have a seat free again."""
        self._taken[lane] -= 1

    def rooms(self, lanes: Collection[Lane], promised: Counter[Lane] | None = None) -> dict[Lane, int]:
        """How many reactions of each of these lanes may be claimed, all of them at once; lanes without room left out.

        `promised` are seats for reactions on their way.
        """
        taken = self._taken + (promised or Counter())
        left = self._capacity - taken.total()
        found: dict[Lane, int] = {}
        for lane in Lane:
            kept = sum(max(0, self._kept[other] - taken[other]) for other in Lane if other is not lane)
            if lane in lanes and left > kept:
                found[lane] = left - kept
                taken[lane] += found[lane]
                left = kept
        return found
