"""Column kinds that every table shares."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint
from uuid_utils.compat import uuid7


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562): ids made later sort later, so indexes grow at one end."""
    return uuid7()


def key() -> Any:
    """The primary key."""
    return fields.UUIDField(primary_key=True, default=new_id)


def reference(table: str, *, null: bool = False, index: bool = True, on_delete: OnDelete = OnDelete.RESTRICT) -> Any:
    """A foreign key without a reverse accessor; `index=False` where another index begins with the column."""
    # The declared overloads want a literal `null`.
    field: Any = fields.ForeignKeyField
    return field(f"models.{table}", related_name=False, null=null, on_delete=on_delete, db_index=index)


def one_of(column: str, values: type[StrEnum] | Iterable[str], name: str) -> CheckConstraint:
    """A check that a text column holds one of a closed set."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(check=f"{column} IN ({listed})", name=name)


def at_most(column: str, characters: int, name: str) -> CheckConstraint:
    """A check on the length of a text column."""
    return CheckConstraint(check=f"char_length({column}) <= {characters}", name=name)


class IndexWhere(Index):
    """An index of the rows for which a condition holds; Tortoise's own knows no condition but equality."""

    def __init__(self, where: str, fields: Iterable[str], name: str) -> None:
        super().__init__(fields=tuple(fields), name=name)
        self.where = where
        self.extra = f" WHERE {where}"

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """How a migration makes it again."""
        return f"{__name__}.{type(self).__name__}", [self.where, self.fields, self.name], {}
