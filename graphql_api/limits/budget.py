"""What a caller may spend in a minute: a bucket that fills steadily, one for each token, in this process."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Hashable

from graphql_api.recent import Recent
from graphql_api.requests import OperationRefused

CALLERS_KEPT = 10_000


class Budget:
    """`per_minute` of cost for each caller. Whoever has spent it waits until enough has come in again."""

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._left: Recent[Hashable, tuple[float, float]] = Recent(CALLERS_KEPT)

    def spend(self, caller: Hashable, cost: int) -> int:
        """Take the cost off what the caller has, and say what is left; refuse where it is not enough."""
        now = self._clock()
        left, then = self._left.get(caller) or (float(self._per_minute), now)
        left = min(float(self._per_minute), left + (now - then) * self._per_minute / 60)
        # What costs more than a whole minute's budget has to wait for a whole one.
        needed = min(cost, self._per_minute)
        if needed > left:
            self._left.keep(caller, (left, now))
            raise _rate_limited(math.ceil((needed - left) * 60 / self._per_minute))
        self._left.keep(caller, (left - needed, now))
        return int(left - needed)


def _rate_limited(seconds: int) -> OperationRefused:
    seconds = max(1, seconds)
    message = f"You have spent this minute's budget of cost. Try again in {seconds} s."
    shown = {"message": message, "extensions": {"code": "RATE_LIMITED", "retryAfterSeconds": seconds}}
    return OperationRefused([shown], 429, {"Retry-After": str(seconds)})
