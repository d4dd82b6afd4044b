"""Values that operations read for many rows at once: asked for while the rows are written, filled in afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql_api.plans.shapes import Given
from graphql_api.reading.reads import Loaded

if TYPE_CHECKING:
    from graphql_api.context import Context


class Later:
    """Stands in an answer for what is not known yet; `filled` has its value when the answer becomes JSON.

    No dataclass: the serializer would know what to make of it.
    """

    __slots__ = ("row", "value")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.row = row
        self.value: Any = None


@dataclass(frozen=True, slots=True)
class Asked(Given):
    """What a request gave for a field with such values, and for which rows they were asked while it ran."""

    source: Loaded | None = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    write: Callable[[Any], Any] = lambda value: value
    waiting: list[Later] = field(default_factory=list)

    def later(self, row: Mapping[str, Any]) -> Later:
        """The value of a row, to come."""
        self.waiting.append(Later(row))
        return self.waiting[-1]

    async def fill(self, context: Context) -> None:
        """Read what was asked for, the same things once."""
        source = self.source
        if source is None or not self.waiting:
            return
        keys = [source.key(each.row, self.arguments) for each in self.waiting]
        wanted = list(dict.fromkeys(keys))
        found = dict(zip(wanted, await source.load(context.actor, context.reads.run, wanted), strict=True))
        for each, key in zip(self.waiting, keys, strict=True):
            each.value = self.write(source.show(each.row, found[key]))


async def fill(givens: Sequence[Given], context: Context) -> None:
    """Read all that was asked for while rows were written."""
    for given in givens:
        if isinstance(given, Asked):
            await given.fill(context)


def filled(value: object) -> Any:
    """What stands in JSON for what the serializer does not know."""
    if isinstance(value, Later):
        return value.value
    raise TypeError(f"{type(value).__name__} is no JSON")
