"""removeMember"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.client import Client, Problem
from tests.mutations.drafts import record, suggestion
from tests.mutations.members import a_session, a_view, an_account, changes, id_of, key, member, opens, role_by
from tests.queries.many import many_tickets
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

TICKET = "query($id: ID!) { ticket(id: $id) { status version assignee { id } } }"


async def ticket_of(helpdesk: Helpdesk, ticket: Any) -> Any:
    """The ticket as the admin sees it."""
    return (await helpdesk.admin.query(TICKET, id=ticket["id"]))["ticket"]


async def assigned(helpdesk: Helpdesk, status: str = "IN_PROGRESS") -> Any:
    """A ticket of the agent's."""
    ticket = await helpdesk.ticket()
    await helpdesk.agent.assign_ticket(ticket_id=ticket["id"], assignee_id=id_of(helpdesk.world.agent))
    return await helpdesk.agent.change_ticket_status(ticket_id=ticket["id"], status=status)


@pytest.mark.parametrize("reassigned", [True, False])
async def test_open_tickets_go_where_they_are_sent(a_helpdesk: Make, reassigned: bool) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    agent, admin = id_of(world.agent), id_of(world.admin)
    open_ones = [await assigned(helpdesk), await assigned(helpdesk, "WAITING_ON_CUSTOMER")]
    filed = await assigned(helpdesk, "CLOSED")

    strategy = {"reassign_to": admin} if reassigned else {"unassign": True}
    result = await helpdesk.admin.remove_member(input={"user_id": agent, **strategy})

    assert result["id"] == agent
    assert result["deactivatedAt"] is not None
    for before in open_ones:
        assert await ticket_of(helpdesk, before) == {
            "status": before["status"],
            "version": before["version"] + 1,
            "assignee": {"id": admin} if reassigned else None,
        }
        assert (await helpdesk.events(before))[-1] == "TicketAssigned"
    # Who did the work is part of its history.
    assert (await ticket_of(helpdesk, filed))["assignee"] == {"id": agent}
    assert await changes(world) == [(world.agent.user_id, "removed", "agent", "staff")]


async def test_tokens_sessions_and_invitations_end(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    made = await helpdesk.admin.invite_member(
        input={"email": (await member(helpdesk, id_of(world.agent)))["email"], "name": "Ada", "role": "AGENT"}
    )
    account = await an_account(world, world.agent)
    await a_session(world, world.agent)

    await helpdesk.admin.remove_member(input={"user_id": id_of(world.agent)})

    assert await role_by(world, world.token(Role.AGENT)) is None
    assert await opens(world, made["token"]) is None
    for table in ("support_session", "support_invitation"):
        sql = f"SELECT count(*) FROM {table} WHERE membership_id = $1"
        assert await world.database.fetchval(sql, world.agent.user_id) == 0
    assert await world.database.fetchval("SELECT count(*) FROM support_user WHERE id = $1", account) == 0
    response = await helpdesk.agent.post("{ viewer { role } }")
    assert response.status_code == 401


async def test_an_account_that_lets_in_elsewhere_stays(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    account = await an_account(helpdesk.world, helpdesk.world.agent)
    await helpdesk.world.database.execute(
        "UPDATE support_membership SET user_id = $1 WHERE id = $2", account, other.world.agent.user_id
    )

    await helpdesk.admin.remove_member(input={"user_id": id_of(helpdesk.world.agent)})

    users = "SELECT user_id FROM support_membership WHERE id = $1"
    assert await helpdesk.world.database.fetchval(users, helpdesk.world.agent.user_id) is None
    assert await helpdesk.world.database.fetchval(users, other.world.agent.user_id) == account


async def test_private_views_go_and_shared_ones_stay_with_the_admin(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    private = await a_view(world, world.agent, "Mine", shared=False)
    shared = await a_view(world, world.agent, "Ours", shared=True)

    await helpdesk.admin.remove_member(input={"user_id": id_of(world.agent)})

    owners = "SELECT id, owner_id FROM support_saved_view WHERE id = ANY($1)"
    rows = await world.database.fetch(owners, [private, shared])
    assert [tuple(row) for row in rows] == [(shared, world.admin.user_id)]


async def test_drafts_and_what_they_wrote_stay(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    decided, waiting = await record(helpdesk.world, ticket), await record(helpdesk.world, ticket)
    await helpdesk.agent.dismiss_suggestion(suggestion_id=decided, reason="Not this.")
    before = [await suggestion(helpdesk.admin, each) for each in (decided, waiting)]

    await helpdesk.admin.remove_member(input={"user_id": id_of(helpdesk.world.agent)})

    assert [await suggestion(helpdesk.admin, each) for each in (decided, waiting)] == before
    assert before[0]["decidedBy"] == {"id": id_of(helpdesk.world.agent)}
    assert (await helpdesk.admin.accept_suggestion(suggestion_id=waiting))["body"] == before[1]["body"]


async def test_a_removed_member_can_lose_name_and_address_then_or_later(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    anonymous = {"name": "Former member", "email": None}
    at_once = await world.member(Role.AGENT, "Ada")

    await helpdesk.admin.remove_member(input={"user_id": id_of(at_once), "anonymize": True})
    await helpdesk.admin.remove_member(input={"user_id": id_of(world.agent)})
    before = await member(helpdesk, id_of(world.agent))
    await helpdesk.admin.remove_member(input={"user_id": id_of(world.agent), "anonymize": True})

    assert (await member(helpdesk, id_of(at_once))) | anonymous == await member(helpdesk, id_of(at_once))
    assert await member(helpdesk, id_of(world.agent)) == before | anonymous
    assert [change[:2] for change in await changes(world)] == [
        (at_once.user_id, "removed"),
        (at_once.user_id, "anonymized"),
        (world.agent.user_id, "removed"),
        (world.agent.user_id, "anonymized"),
    ]


async def test_a_customers_tickets_stay(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    await helpdesk.admin.remove_member(input={"user_id": id_of(helpdesk.world.customer)})

    assert (await ticket_of(helpdesk, ticket))["status"] == "OPEN"
    assert (await helpdesk.customer.post("{ viewer { role } }")).status_code == 401


@pytest.mark.parametrize(
    ("strategy", "message", "path"),
    [
        (
            {},
            "One open ticket is assigned to this member: say who gets them (reassignTo) or leave them to nobody"
            " (unassign).",
            "reassignTo",
        ),
        (
            {"reassign_to": "admin", "unassign": True},
            "Reassign the open tickets or leave them to nobody, not both.",
            "unassign",
        ),
        (
            {"reassign_to": "agent"},
            "Tickets are reassigned to another active agent or admin only.",
            "reassignTo",
        ),
        (
            {"reassign_to": "analyst"},
            "Tickets are reassigned to another active agent or admin only.",
            "reassignTo",
        ),
    ],
)
async def test_open_tickets_need_one_place_to_go(
    a_helpdesk: Make, strategy: dict[str, Any], message: str, path: str
) -> None:
    helpdesk = await a_helpdesk()
    before = await assigned(helpdesk)
    if "reassign_to" in strategy:
        strategy = {**strategy, "reassign_to": id_of(getattr(helpdesk.world, strategy["reassign_to"]))}

    result = await helpdesk.admin.remove_member(input={"user_id": id_of(helpdesk.world.agent), **strategy})

    assert result == Problem("INVALID_INPUT", message, (path,))
    assert (await ticket_of(helpdesk, before))["version"] == before["version"]
    assert await role_by(helpdesk.world, helpdesk.world.token(Role.AGENT)) is Role.AGENT
    assert await changes(helpdesk.world) == []


async def test_nobody_is_removed_twice(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    await helpdesk.admin.remove_member(input={"user_id": agent, "anonymize": True})

    result = await helpdesk.admin.remove_member(input={"user_id": agent, "anonymize": True})

    assert result == Problem("CONFLICT", "This member was removed before.", ("userId",))


async def test_the_last_admin_cannot_leave_and_another_can(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    admin = id_of(world.admin)
    last = Problem("CONFLICT", "This is the last admin; make somebody else an admin first.", ("userId",))
    view = await a_view(world, world.admin, "Ours", shared=True)

    assert await helpdesk.admin.remove_member(input={"user_id": admin}) == last
    other = await world.member(Role.ADMIN)
    others_client = client(await world.token_of(other))
    results = await asyncio.gather(
        helpdesk.admin.remove_member(input={"user_id": admin}),
        others_client.remove_member(input={"user_id": id_of(other)}),
    )

    assert [result for result in results if isinstance(result, Problem)] == [last]
    assert len(await changes(world)) == 1
    owner = await world.database.fetchval("SELECT owner_id FROM support_saved_view WHERE id = $1", view)
    left = await world.database.fetchval(
        "SELECT id FROM support_membership WHERE organization_id = $1 AND role = 'admin' AND deactivated_at IS NULL",
        world.id,
    )
    assert owner == left


async def test_an_admin_with_a_lesser_token_only_is_no_other_admin(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    other = await world.member(Role.ADMIN)
    await world.token_of(other)
    await world.database.execute("UPDATE support_api_token SET role = 'agent' WHERE membership_id = $1", other.user_id)

    result = await helpdesk.admin.remove_member(input={"user_id": id_of(world.admin)})

    assert result == Problem("CONFLICT", "This is the last admin; make somebody else an admin first.", ("userId",))


async def test_assigning_and_removing_at_once_ends_well(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    agent = id_of(helpdesk.world.agent)
    tickets = [await assigned(helpdesk) for _ in range(8)]

    *_, removed = await asyncio.gather(
        *(helpdesk.admin.assign_ticket(ticket_id=each["id"]) for each in tickets[::2]),
        *(helpdesk.admin.assign_ticket(ticket_id=each["id"], assignee_id=agent) for each in tickets[1::2]),
        helpdesk.admin.remove_member(input={"user_id": agent, "unassign": True}),
    )

    assert removed["deactivatedAt"]
    assert [(await ticket_of(helpdesk, each))["assignee"] for each in tickets] == [None] * 8


async def test_a_thousand_tickets_are_one_write(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await many_tickets(world, 1000, at_once=500)
    await world.database.execute(
        "UPDATE support_ticket SET assignee_id = $1 WHERE organization_id = $2",
        world.agent.user_id,
        world.id,
    )

    await helpdesk.admin.remove_member(input={"user_id": id_of(world.agent), "reassign_to": id_of(world.admin)})

    left = "SELECT count(*) FROM support_ticket WHERE organization_id = $1 AND assignee_id = $2"
    assert await world.database.fetchval(left, world.id, world.agent.user_id) == 0
    assert await world.database.fetchval(left, world.id, world.admin.user_id) == 1000
    assert (
        await world.database.fetchval(
            "SELECT count(*) FROM support_event WHERE organization_id = $1 AND type = 'TicketAssigned'", world.id
        )
        == 1000
    )


async def test_an_unknown_member_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await assigned(helpdesk)
    agent = id_of(helpdesk.world.agent)

    for unknown in (encode("usr", new_id()), id_of(other.world.agent), "ada"):
        result = await helpdesk.admin.remove_member(input={"user_id": unknown, "unassign": True})
        assert result == Problem("NOT_FOUND", "There is no such user.", ("userId",))
        result = await helpdesk.admin.remove_member(input={"user_id": agent, "reassign_to": unknown})
        assert result == Problem("NOT_FOUND", "There is no such user.", ("reassignTo",))
    assert (await ticket_of(helpdesk, ticket))["assignee"] == {"id": agent}
    assert key(ticket)


@pytest.mark.parametrize("role", ["agent", "analyst", "customer"])
async def test_others_are_refused(a_helpdesk: Make, role: str) -> None:
    helpdesk = await a_helpdesk()

    result = await getattr(helpdesk, role).remove_member(input={"user_id": id_of(getattr(helpdesk.world, role))})

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: remove member.")
