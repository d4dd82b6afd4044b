"""What all facts of the log share, whatever they tell.

A fact carries ids, enums and numbers of the moment. Text that people wrote stays in the rows, where it can be erased.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from models.log import Visibility


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened. `audience` says who may learn of it."""

    audience: ClassVar[Visibility] = Visibility.CUSTOMER

    @property
    def visibility(self) -> Visibility:
        """Who may learn of this one."""
        return self.audience

    def as_json(self) -> dict[str, Any]:
        """The fact's fields, JSON-ready."""
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


class Change(StrEnum):
    """What became of something that people keep: a view, a category, an article."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"


def _plain(value: object) -> object:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
