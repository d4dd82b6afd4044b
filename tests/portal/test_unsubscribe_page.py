"""Ending the daily digest by its link: a button for people, one click for mail programs"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from models.actors import Actor
from models.links import Link
from tests.credentials import LINKS
from tests.notifications.notices import choose, user_id, usr
from tests.portal.visitors import MONTH, Visitor, text_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

MINE = "{ viewer { preferences { notifications { kind mail } } } }"


def path_of(member: Actor, lasts: timedelta = MONTH) -> str:
    """Where a member ends their digest."""
    link = Link.to_unsubscribe(member.organization_id, user_id(member), member.database.now() + lasts)
    return f"/unsubscribe/{LINKS.sign(link)}"


async def daily(helpdesk: Helpdesk) -> list[str]:
    """What the agent's digest tells of."""
    found = (await helpdesk.agent.query(MINE))["viewer"]["preferences"]["notifications"]
    return [each["kind"] for each in found if each["mail"] == "DIGEST"]


async def recorded(helpdesk: Helpdesk) -> list[str]:
    """The facts about preferences."""
    rows = await helpdesk.world.database.fetch(
        "SELECT actor_kind FROM support_event WHERE organization_id = $1 AND type = 'PreferencesChanged'",
        helpdesk.world.id,
    )
    return [row["actor_kind"] for row in rows]


async def test_opening_the_page_ends_nothing(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    path = path_of(helpdesk.world.agent)

    page = await visitor.see(path)
    await visitor.http.head(path)

    assert page.status_code == 200
    assert "Stop the daily digest?" in text_of(page)
    assert '<form method="post">' in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert await daily(helpdesk) == ["CUSTOMER_REPLY"]


async def test_a_button_ends_it_and_nothing_else(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    await choose(helpdesk.agent, "SLA_WARNING", mail="DIGEST")
    path = path_of(helpdesk.world.agent)

    page = await visitor.send(path, {})

    assert page.status_code == 200
    assert "You get no daily digest any more" in text_of(page)
    assert await daily(helpdesk) == []
    assert await recorded(helpdesk) == ["agent", "system"]
    # Once more is nothing more, and the page now says how it stands.
    await visitor.send(path, {})
    assert "any more" in text_of(await visitor.see(path))
    assert await recorded(helpdesk) == ["agent", "system"]
    other = (await helpdesk.admin.query(MINE))["viewer"]["preferences"]["notifications"]
    assert "DIGEST" in {each["mail"] for each in other}


@pytest.mark.parametrize("multipart", [False, True])
async def test_a_mail_program_needs_one_click(a_helpdesk: Make, visitor: Visitor, multipart: bool) -> None:
    helpdesk = await a_helpdesk()
    fields = {"List-Unsubscribe": "One-Click"}
    sent = {"files": {name: (None, value) for name, value in fields.items()}} if multipart else {"data": fields}

    answer = await visitor.http.post(path_of(helpdesk.world.agent), **sent)

    # No redirect: RFC 8058 forbids to follow one.
    assert answer.status_code == 200
    assert await daily(helpdesk) == []


async def test_it_speaks_the_organizations_language(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.admin.update_support_settings(input={"locale": "de"})

    page = await visitor.see(path_of(helpdesk.world.agent))

    assert 'lang="de"' in page.text
    assert "Tägliche Übersicht abbestellen?" in text_of(page)


async def test_a_link_that_is_too_old_or_somebodys_who_left_or_of_another_kind_does_nothing(
    a_helpdesk: Make, visitor: Visitor
) -> None:
    helpdesk = await a_helpdesk()
    good = path_of(helpdesk.world.agent)
    ended = path_of(helpdesk.world.agent, -timedelta(seconds=1))
    survey = good.replace("unsubscribe", "survey")

    for path in (ended, survey, good[:-1], good + "x"):
        assert (await visitor.http.post(path, data={"List-Unsubscribe": "One-Click"})).status_code == 404
    assert await daily(helpdesk) == ["CUSTOMER_REPLY"]
    await helpdesk.admin.remove_member(input={"user_id": usr(helpdesk.world.agent), "unassign": True})
    assert (await visitor.see(good)).status_code == 404
    assert (await visitor.send(good, {})).status_code == 404


async def test_ten_times_a_minute_is_enough(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    path = path_of(helpdesk.world.agent)

    answers = [(await visitor.send(path, {})).status_code for _ in range(11)]

    assert answers == [200] * 10 + [429]
