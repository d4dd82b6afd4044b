"""deleteBusinessCalendar: off the list, unless something counts by it"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import a_calendar, a_policy, calendars_of, changes_of, policies_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_it_is_off_the_list_and_still_told_of(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    gone = await a_calendar(helpdesk)

    result = await helpdesk.admin.delete_business_calendar(business_calendar_id=gone["id"])

    assert result == {"id": gone["id"]}
    assert await calendars_of(helpdesk.agent) == []
    assert await changes_of(helpdesk, "BusinessCalendarChanged") == [
        ("calendar_id", gone["id"], "created"),
        ("calendar_id", gone["id"], "deleted"),
    ]
    happened = await helpdesk.admin.query(
        "{ events(first: 1, filter: {kind: [BUSINESS_CALENDAR_CHANGED]}) { nodes { ... on BusinessCalendarChanged {"
        " calendar { id } version { number name timezone weekly { day } calendar { id } } } } } }"
    )
    (told,) = happened["events"]["nodes"]
    assert (told["calendar"], told["version"]["calendar"]) == (None, None)
    assert (told["version"]["number"], told["version"]["timezone"]) == (1, "Europe/Berlin")


async def test_the_default_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    default = await a_calendar(helpdesk, isDefault=True)

    refused = await helpdesk.admin.delete_business_calendar(business_calendar_id=default["id"])

    sentence = "This is the default calendar: make another one the default first."
    assert refused == Problem("CONFLICT", sentence)

    await a_calendar(helpdesk, name="Another", isDefault=True)
    assert await helpdesk.admin.delete_business_calendar(business_calendar_id=default["id"]) == {"id": default["id"]}


async def test_one_that_a_policy_counts_by_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    calendar = await a_calendar(helpdesk)
    policy = await a_policy(helpdesk, calendarId=calendar["id"])

    refused = await helpdesk.admin.delete_business_calendar(business_calendar_id=calendar["id"])

    sentence = "The policy 'Gold' counts by this calendar: give it another one first."
    assert refused == Problem("CONFLICT", sentence)

    await helpdesk.admin.delete_sla_policy(sla_policy_id=policy["id"])
    assert await helpdesk.admin.delete_business_calendar(business_calendar_id=calendar["id"]) == {"id": calendar["id"]}


async def test_nothing_counts_by_one_that_goes_at_the_same_moment(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()

    for _ in range(5):
        calendar = await a_calendar(helpdesk)
        gone, policy = await asyncio.gather(
            helpdesk.admin.delete_business_calendar(business_calendar_id=calendar["id"]),
            a_policy(helpdesk, calendarId=calendar["id"]),
        )
        assert isinstance(gone, Problem) is not isinstance(policy, Problem)
    for shown in await policies_of(helpdesk.admin):
        assert shown["calendar"] is not None


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs, gone = await a_calendar(other), await a_calendar(helpdesk)
    await helpdesk.admin.delete_business_calendar(business_calendar_id=gone["id"])

    for calendar_id in (theirs["id"], gone["id"], encode("cal", new_id())):
        result = await helpdesk.admin.delete_business_calendar(business_calendar_id=calendar_id)
        assert result == Problem("NOT_FOUND", "There is no such business calendar.")
    assert len(await calendars_of(other.admin)) == 1


async def test_only_admins_take_hours_away(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk)

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        result = await by.delete_business_calendar(business_calendar_id=made["id"])
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: delete business calendar.")
    assert len(await calendars_of(helpdesk.admin)) == 1
