"""viewer"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from graphql_api.names import camel
from models.actors import Role
from models.fields import new_id
from resolvers.access import PERMITTED
from tests.client import GraphQLErrors
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

VIEWER = "{ viewer { role permissions user { id name email role } organization { id timezone } } }"
READING = ["feed", "feedCursor", "messageAdded", "node", "nodes", "ticket", "ticketByNumber", "ticketEvents"]


@pytest.mark.parametrize("role", Role)
async def test_somebody_learns_who_they_are(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()
    me = getattr(helpdesk.world, role.value)

    viewer = (await getattr(helpdesk, role.value).query(VIEWER))["viewer"]

    assert viewer["role"] == viewer["user"]["role"] == role.name
    assert (viewer["user"]["id"], viewer["user"]["name"]) == (encode("usr", me.user_id or new_id()), role.value.title())
    assert viewer["user"]["email"].endswith("@example.test")
    assert viewer["organization"] == {"id": encode("org", helpdesk.world.id), "timezone": "UTC"}
    assert {*READING, "tickets", "viewer"} <= set(viewer["permissions"])


@pytest.mark.parametrize("role", Role)
async def test_permissions_are_what_the_role_includes(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()

    permissions = (await getattr(helpdesk, role.value).query(VIEWER))["viewer"]["permissions"]

    assert permissions == sorted(camel(name) for name, who in PERMITTED.items() if role in who)
    assert ("assignTicket" in permissions) is (role in {Role.ADMIN, Role.AGENT})
    assert ("createTicket" in permissions) is (role is not Role.ANALYST)


async def test_nobody_is_told_nothing(a_helpdesk: Make, client: Callable[[str], Helpdesk]) -> None:
    for token, message in (
        ("", "Sign in, or send a token: Authorization: Bearer hd_..."),
        ("hd_made-up", "This token is unknown, expired or revoked."),
    ):
        with pytest.raises(GraphQLErrors) as refusal:
            await client(token).query(VIEWER)  # type: ignore[attr-defined]
        assert refusal.value.errors == [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE support_api_token SET revoked_at = now() WHERE membership_id = $1",
        "UPDATE support_api_token SET expires_at = now() - interval '1 second' WHERE membership_id = $1",
        "UPDATE support_membership SET deactivated_at = now() WHERE id = $1",
    ],
)
async def test_a_token_ends_with_its_time_or_its_owners(a_helpdesk: Make, change: str) -> None:
    helpdesk = await a_helpdesk()
    assert (await helpdesk.agent.query(VIEWER))["viewer"]["role"] == "AGENT"
    await helpdesk.world.database.execute(change, helpdesk.world.agent.user_id)

    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.agent.query(VIEWER)

    assert refusal.value.codes == ["UNAUTHENTICATED"]
