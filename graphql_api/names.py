"""Names as GraphQL spells them."""

from __future__ import annotations


def camel(name: str) -> str:
    """`expected_version` -> `expectedVersion`."""
    head, *rest = name.split("_")
    return head + "".join(part.title() for part in rest)
