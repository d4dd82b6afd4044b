"""Directives of the schema that say what fields cost: those of the IBM GraphQL Cost Directive specification."""

from __future__ import annotations

import strawberry
from strawberry import UNSET
from strawberry.schema_directive import Location


@strawberry.schema_directive(
    name="cost",
    locations=[Location.FIELD_DEFINITION, Location.OBJECT, Location.ARGUMENT_DEFINITION],
    description="The cost of one of these, without its contents; if absent, 1 for an object and 0.1 for a plain "
    "value. On an argument: what passing it adds.",
)
class Cost:
    """`@cost`"""

    weight: str = strawberry.directive_field(name="weight")


@strawberry.schema_directive(
    name="listSize",
    locations=[Location.FIELD_DEFINITION],
    description="The length of the list: the value of a slicing argument (for a list, its number of members), "
    "else the assumed size. Sized fields are the fields inside that have this length.",
)
class ListSize:
    """`@listSize`"""

    assumed_size: int | None = strawberry.directive_field(name="assumedSize", default=UNSET)
    slicing_arguments: list[str] | None = strawberry.directive_field(name="slicingArguments", default=UNSET)
    sized_fields: list[str] | None = strawberry.directive_field(name="sizedFields", default=UNSET)
    require_one_slicing_argument: bool = strawberry.directive_field(name="requireOneSlicingArgument", default=False)
