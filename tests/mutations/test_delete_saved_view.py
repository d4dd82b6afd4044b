"""deleteSavedView"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, Problem
from tests.mutations.views import a_view, names_of, told
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_a_view_is_gone_and_its_tickets_stay(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    view = await a_view(helpdesk.agent)

    result = await helpdesk.agent.delete_saved_view(view_id=view["id"])

    assert result == {"id": view["id"]}
    assert await names_of(helpdesk.agent) == []
    assert (await helpdesk.agent.query("{ tickets { totalCount } }"))["tickets"] == {"totalCount": 1}
    assert await told(helpdesk) == [("created", False, "person", True), ("deleted", False, "person", True)]
    again = await helpdesk.agent.delete_saved_view(view_id=view["id"])
    assert again == Problem("NOT_FOUND", "There is no such saved view.")


async def test_shared_ones_go_by_their_owner_and_by_admins(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    colleague = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.AGENT)))
    view, another = [await a_view(helpdesk.agent, name, shared=True) for name in ("One", "Two")]

    refused = await colleague.delete_saved_view(view_id=view["id"])
    assert refused == Problem("NOT_ALLOWED", "A shared view is changed by its owner and by admins.")
    for by, each in ((helpdesk.admin, view), (helpdesk.agent, another)):
        assert await by.delete_saved_view(view_id=each["id"]) == {"id": each["id"]}
    assert (await told(helpdesk))[-1] == ("deleted", True, "staff", False)


async def test_others_private_views_are_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    view = await a_view(helpdesk.agent)

    for by, view_id in (
        (helpdesk.admin, view["id"]),
        (other.admin, view["id"]),
        (helpdesk.agent, encode("view", new_id())),
        (helpdesk.agent, "view"),
    ):
        assert await by.delete_saved_view(view_id=view_id) == Problem("NOT_FOUND", "There is no such saved view.")
    assert await names_of(helpdesk.agent) == ["Open"]


@pytest.mark.parametrize("role", ["analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()
    view = await a_view(helpdesk.agent, shared=True)

    result = await getattr(helpdesk, role).delete_saved_view(view_id=view["id"])

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete saved view.")
