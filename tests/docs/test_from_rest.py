"""docs/from-rest.md: each route of the earlier product has its operation, and each operation an example that runs"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest
from graphql import FieldNode, OperationDefinitionNode, parse

from models.actors import Role
from resolvers.access import PERMITTED
from tests.access.calls import NAMES, prepare
from tests.access.documents import root_fields
from tests.access.test_permitted import snake
from tests.access.things import things_of
from tests.docs.blocks import ROOT, Block, blocks
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

PAGE = ROOT / "docs" / "from-rest.md"
ROUTES = dict(re.findall(r"^\| `([A-Z]+ [\w/:]+)` \| (.+) \|$", PAGE.read_text(), re.MULTILINE))
EXAMPLES = [block for block in blocks(PAGE) if block.language == "graphql"]
COMING = [block for block in blocks(PAGE) if block.language == "graphql coming"]


def operation_of(example: Block) -> OperationDefinitionNode:
    """The one operation of an example."""
    (operation,) = parse(example.text).definitions
    assert isinstance(operation, OperationDefinitionNode)
    return operation


def field_of(example: Block) -> str:
    """The one root field of an example."""
    (field,) = operation_of(example).selection_set.selections
    assert isinstance(field, FieldNode)
    return field.name.value


def name_of(example: Block) -> str:
    """How a test of the example is called."""
    return f"{example.heading}: {field_of(example)}"


def test_every_route_has_an_example_of_each_operation() -> None:
    shown = {route: set(re.findall(r"`(\w+)`", operations)) for route, operations in ROUTES.items()}
    examples: dict[str, set[str]] = {}
    for example in (*EXAMPLES, *COMING):
        examples.setdefault(example.heading, set()).add(field_of(example))

    assert len(ROUTES) == 27
    assert examples == shown


@pytest.mark.parametrize("example", COMING, ids=name_of)
def test_what_is_coming_is_not_there_yet(example: Block) -> None:
    assert field_of(example) not in root_fields(), "The operation is there: take `coming` off its example."


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
async def test_an_example_runs(a_helpdesk: Make, example: Block) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    await prepare(helpdesk, field_of(example), things)
    wanted = [variable.variable.name.value for variable in operation_of(example).variable_definitions or ()]

    # What only customers do, they do themselves.
    by = helpdesk.admin if Role.ADMIN in PERMITTED[snake(field_of(example))] else helpdesk.customer

    data = await by.query(example.text, **{name: things[NAMES[name][0]] for name in wanted})

    (result,) = data.values()
    assert result
    assert "code" not in result, result
