"""Loaders whose readers share what is loaded, and nothing else."""

from __future__ import annotations

from asyncio import Future
from collections import Counter
from collections.abc import Awaitable
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

K = TypeVar("K")
T = TypeVar("T")


class SharedLoader(DataLoader[K, T]):
    """A loader that gives every reader a future of its own.

    Where a required field fails, the executor cancels what its siblings wait for. Another part of the answer may wait
    for the same row: it shall get it. Only what nobody waits for any more is given up, with its statement.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._readers: Counter[Future[T]] = Counter()

    def load(self, key: K) -> Awaitable[T]:
        """The value of a key."""
        shared: Future[T] = super().load(key)  # type: ignore[assignment]
        return shared if shared.done() else self._own(shared)

    def _own(self, shared: Future[T]) -> Future[T]:
        own: Future[T] = self.loop.create_future()
        self._readers[shared] += 1

        def tell(_shared: Future[T]) -> None:
            self._readers.pop(shared, None)
            # Asked for in any case: a failure that nobody has heard of is a line in the log.
            error = None if shared.cancelled() else shared.exception()
            if own.done():
                return
            if error:
                own.set_exception(error)
            else:
                own.set_result(shared.result())

        def leave(_own: Future[T]) -> None:
            if own.cancelled() and not shared.done():
                self._readers[shared] -= 1
                if not self._readers[shared]:
                    shared.cancel()

        shared.add_done_callback(tell)
        own.add_done_callback(leave)
        return own
