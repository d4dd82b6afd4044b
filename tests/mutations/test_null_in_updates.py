"""update...(input:): null takes something away where that makes sense, and is refused everywhere else"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from graphql import GraphQLInputField, GraphQLInputObjectType, GraphQLNonNull, get_named_type

from models.actors import Role
from tests.access.calls import arguments, ask, caller, code_of, prepare, put
from tests.access.documents import ROOTS
from tests.access.things import things_of
from tests.access.traces import traces
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


def nullable() -> Iterator[tuple[str, str, GraphQLInputField]]:
    """Each field of an update's input that the schema lets be null."""
    for name, operation in ROOTS["mutation"].fields.items():
        for argument in operation.args.values() if name.startswith("update") else ():
            kind = get_named_type(argument.type)
            if isinstance(kind, GraphQLInputObjectType):
                yield from (
                    (name, field, declared)
                    for field, declared in kind.fields.items()
                    if not isinstance(declared.type, GraphQLNonNull)
                )


# What null means there, the description says. Null for a version is any version.
TAKES_NULL = [
    (name, field)
    for name, field, declared in nullable()
    if "null" in (declared.description or "").lower() or field.startswith("expectedVersion")
]
REFUSES_NULL = [(name, field) for name, field, _ in nullable() if (name, field) not in TAKES_NULL]


def test_there_is_much_of_either_kind() -> None:
    assert len(TAKES_NULL) > 15
    assert len(REFUSES_NULL) > 20


@pytest.mark.parametrize(("name", "field"), REFUSES_NULL)
async def test_null_where_there_must_be_something_is_refused(a_helpdesk: Make, name: str, field: str) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    await prepare(helpdesk, name, things)
    by = await caller(helpdesk, name, Role.ADMIN)
    before = await traces(helpdesk.world.database, helpdesk.world.id)

    answer = await ask(by, name, put(arguments(name, things), ("input", field), None))

    problem = answer["data"][name]
    assert (problem["Problem_code"], problem["Problem_path"]) == ("INVALID_INPUT", [field])
    assert await traces(helpdesk.world.database, helpdesk.world.id) == before


@pytest.mark.parametrize(("name", "field"), TAKES_NULL)
async def test_null_that_has_a_meaning_is_taken(a_helpdesk: Make, name: str, field: str) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    await prepare(helpdesk, name, things)

    answer = await ask(
        await caller(helpdesk, name, Role.ADMIN), name, put(arguments(name, things), ("input", field), None)
    )

    assert code_of(name, answer) is None, answer
