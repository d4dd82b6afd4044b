"""updatePreferences: how one is told of things"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from tests.client import Problem
from tests.notifications.notices import choose, follow, user_id, write_on
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

MINE = "{ viewer { preferences { notifications { kind mail inApp } } } }"
DEFAULTS = {
    "TICKET_ASSIGNED": ("IMMEDIATE", True),
    "CUSTOMER_REPLY": ("DIGEST", True),
    "MENTION": ("IMMEDIATE", True),
    "SLA_WARNING": ("IMMEDIATE", True),
    "SLA_BREACHED": ("IMMEDIATE", True),
    "SLA_ESCALATED": ("IMMEDIATE", True),
}


async def mine(by: Any) -> dict[str, tuple[str, bool]]:
    """How somebody is told of what."""
    found = (await by.query(MINE))["viewer"]["preferences"]["notifications"]
    return {each["kind"]: (each["mail"], each["inApp"]) for each in found}


async def recorded(world: World) -> list[tuple[object, list[str]]]:
    """Whose preferences changed, and of what."""
    rows = await world.database.fetch(
        "SELECT data, person_id FROM support_event WHERE organization_id = $1 AND type = 'PreferencesChanged'"
        " ORDER BY seq",
        world.id,
    )
    return [(row["person_id"], row["data"]["kinds"]) for row in rows]


async def test_whoever_has_chosen_nothing_has_what_most_want(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    assert await mine(helpdesk.analyst) == DEFAULTS
    assert await mine(helpdesk.customer) == {}


async def test_what_is_left_out_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    await choose(helpdesk.agent, "MENTION", mail="NONE")
    await choose(helpdesk.agent, "MENTION", inApp=False)
    await helpdesk.agent.update_preferences(
        input={
            "notifications": [
                {"kind": "SLA_WARNING", "mail": "DIGEST", "inApp": True},
                {"kind": "CUSTOMER_REPLY", "mail": "IMMEDIATE"},
            ]
        }
    )
    # Nothing new is nothing to tell.
    await choose(helpdesk.agent, "MENTION", mail="NONE")

    chosen = {
        "MENTION": ("NONE", False),
        "SLA_WARNING": ("DIGEST", True),
        "CUSTOMER_REPLY": ("IMMEDIATE", True),
    }
    assert await mine(helpdesk.agent) == DEFAULTS | chosen
    assert await mine(helpdesk.admin) == DEFAULTS
    me = user_id(helpdesk.world.agent)
    assert await recorded(helpdesk.world) == [
        (me, ["mention"]),
        (me, ["mention"]),
        (me, ["customer_reply", "sla_warning"]),
    ]


async def test_the_answer_tells_all(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    told = await helpdesk.agent.query(
        """mutation { updatePreferences(input: {notifications: [{kind: MENTION, mail: NONE}]}) {
        ... on Preferences { notifications { kind mail inApp } } } }"""
    )

    shown = told["updatePreferences"]["notifications"]
    assert {each["kind"]: (each["mail"], each["inApp"]) for each in shown} == await mine(helpdesk.agent)


async def test_each_kind_once_and_nothing_null(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    twice = [{"kind": "MENTION", "mail": "NONE"}, {"kind": "MENTION", "inApp": False}]

    assert await helpdesk.agent.update_preferences(input={"notifications": twice}) == Problem(
        "INVALID_INPUT", "Say what you want of each kind once.", ("notifications",)
    )
    assert await choose(helpdesk.agent, "MENTION", mail=None) == Problem(
        "INVALID_INPUT", "This is never null: leave it out to keep it as it is.", ("notifications", "mail")
    )
    assert await mine(helpdesk.agent) == DEFAULTS
    assert await recorded(helpdesk.world) == []


async def test_customers_have_none(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    refused = await choose(helpdesk.customer, "MENTION", mail="NONE")

    assert refused == Problem("NOT_ALLOWED", "Your role does not include this: update preferences.")


async def test_what_waits_for_the_digest_leaves_it(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.admin, "CUSTOMER_REPLY", inApp=False)
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    waiting = (
        "SELECT count(*) FILTER (WHERE digest_at IS NOT NULL), count(*) FROM support_notification WHERE user_id = $1"
    )
    assert tuple(await world.database.fetchrow(waiting, world.agent.user_id) or ()) == (1, 1)
    assert tuple(await world.database.fetchrow(waiting, world.admin.user_id) or ()) == (1, 1)

    for by in (helpdesk.agent, helpdesk.admin):
        await choose(by, "CUSTOMER_REPLY", mail="NONE")

    assert tuple(await world.database.fetchrow(waiting, world.agent.user_id) or ()) == (0, 1)
    assert tuple(await world.database.fetchrow(waiting, world.admin.user_id) or ()) == (0, 0)
