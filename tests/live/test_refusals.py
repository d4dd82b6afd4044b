"""A subscription that is refused says where, whichever it is"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from graphql_api.schema import CORE_SCHEMA
from models.fields import new_id
from tests.client import GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

assert CORE_SCHEMA.subscription_type
FIELDS = CORE_SCHEMA.subscription_type.fields


@pytest.mark.parametrize("name", FIELDS)
async def test_what_can_not_be_followed(a_helpdesk: Make, name: str) -> None:
    helpdesk = await a_helpdesk()
    unknown = f'ticketId: "{encode("tkt", new_id())}"' if "ticketId" in FIELDS[name].args else 'after: "made up"'

    async with helpdesk.agent.subscription(f"subscription {{ it: {name}({unknown}) {{ __typename }} }}") as feed:
        with pytest.raises(GraphQLErrors) as refused:
            await feed.next()

    assert refused.value.data["type"] == "error"
    (error,) = refused.value.errors
    assert error["extensions"]["code"] == ("NOT_FOUND" if "ticketId" in unknown else "INVALID_INPUT")
    assert (error["path"], error["locations"]) == (["it"], [{"line": 1, "column": 16}])


@pytest.mark.parametrize("name", ["slaAlerts", "notificationAdded", "suggestionProgress"])
async def test_what_is_not_for_customers(a_helpdesk: Make, name: str) -> None:
    helpdesk = await a_helpdesk()
    given = f'(ticketId: "{(await helpdesk.ticket())["id"]}")' if "ticketId" in FIELDS[name].args else ""

    async with helpdesk.customer.subscription(f"subscription {{ {name}{given} {{ __typename }} }}") as feed:
        with pytest.raises(GraphQLErrors) as refused:
            await feed.next()

    (error,) = refused.value.errors
    assert (error["extensions"]["code"], error["path"]) == ("NOT_ALLOWED", [name])
