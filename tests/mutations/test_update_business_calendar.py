"""updateBusinessCalendar: other hours from now on, a version at a time"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.ids import encode
from models.fields import new_id
from tests.client import Problem
from tests.mutations.content import NINE_TO_FIVE, a_calendar, calendars_of, changes_of
from tests.mutations.test_create_business_calendar import versions_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


async def test_what_is_left_out_stays(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(
        helpdesk,
        holidays=[{"date": "2026-12-25", "name": "Christmas"}],
        extra=[{"date": "2026-12-24", "name": "Eve", "intervals": []}],
    )
    (before,) = await calendars_of(helpdesk.admin)

    await helpdesk.admin.update_business_calendar(
        input={"businessCalendarId": made["id"], "expectedVersion": 1, "timezone": "UTC"}
    )

    assert await calendars_of(helpdesk.admin) == [{**before, "version": 2, "timezone": "UTC"}]
    assert await versions_of(helpdesk, made) == [(1, "Office", False), (2, "Office", False)]
    assert (await changes_of(helpdesk, "BusinessCalendarChanged"))[1:] == [("calendar_id", made["id"], "updated")]


async def test_holidays_of_next_year_come_to_those_that_are_there(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    germany = {"country": "DE", "years": [2026]}
    made = await a_calendar(helpdesk, holidays=[{"date": "2026-05-01", "name": "Our day"}], holidaysOf=germany)

    await helpdesk.admin.update_business_calendar(
        input={"businessCalendarId": made["id"], "holidaysOf": {**germany, "years": [2026, 2027]}}
    )

    (shown,) = await calendars_of(helpdesk.admin)
    days = {day["date"]: day["name"] for day in shown["holidays"]}
    assert (days["2026-05-01"], days["2027-05-01"]) == ("Our day", "Erster Mai")
    assert len(days) == 18


async def test_lists_are_replaced_whole(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(
        helpdesk,
        holidays=[{"date": "2026-12-25", "name": "Christmas"}],
        extra=[{"date": "2026-12-24", "intervals": []}],
    )

    await helpdesk.admin.update_business_calendar(
        input={"businessCalendarId": made["id"], "holidays": [{"date": "2026-12-26"}], "extra": [], "weekly": []}
    )

    (shown,) = await calendars_of(helpdesk.admin)
    assert shown["holidays"] == [{"date": "2026-12-26", "name": None}]
    assert (shown["extra"], shown["weekly"]) == ([], [])


async def test_what_changes_nothing_is_no_version(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk, isDefault=True)
    split = [
        {**day, **times}
        for day in reversed(NINE_TO_FIVE)
        for times in ({"from": "12:00", "to": "17:00"}, {"from": "09:00", "to": "13:00"})
    ]

    same = await helpdesk.admin.update_business_calendar(
        input={"businessCalendarId": made["id"], "name": "Office ", "weekly": split, "holidays": [], "isDefault": True}
    )

    assert same == made
    assert len(await changes_of(helpdesk, "BusinessCalendarChanged")) == 1


async def test_another_default_unmakes_the_former(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    former, present = await a_calendar(helpdesk, isDefault=True), await a_calendar(helpdesk, name="Present")

    refused = await helpdesk.admin.update_business_calendar(
        input={"businessCalendarId": former["id"], "isDefault": False}
    )
    await helpdesk.admin.update_business_calendar(input={"businessCalendarId": present["id"], "isDefault": True})

    sentence = "There is always one default calendar: make another one the default."
    assert refused == Problem("INVALID_INPUT", sentence, ("isDefault",))
    assert [each["isDefault"] for each in await calendars_of(helpdesk.admin)] == [False, True]
    assert (await changes_of(helpdesk, "BusinessCalendarChanged"))[2:] == [
        ("calendar_id", present["id"], "updated"),
        ("calendar_id", former["id"], "updated"),
    ]


async def test_a_stale_version_conflicts(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk)

    results = await asyncio.gather(
        *(
            helpdesk.admin.update_business_calendar(
                input={"businessCalendarId": made["id"], "expectedVersion": 1, "timezone": zone}
            )
            for zone in ("UTC", "Asia/Tokyo")
        )
    )

    sentence = "The calendar has changed: you read version 1, it is at 2. Read it again."
    assert [each for each in results if isinstance(each, Problem)] == [Problem("CONFLICT", sentence)]
    assert len(await changes_of(helpdesk, "BusinessCalendarChanged")) == 2


@pytest.mark.parametrize("field", ["name", "timezone", "weekly", "holidays", "extra", "isDefault"])
async def test_what_is_never_null_is_not(a_helpdesk: Make, field: str) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk)

    refused = await helpdesk.admin.update_business_calendar(input={"businessCalendarId": made["id"], field: None})

    sentence = "This is never null: leave it out to keep it as it is."
    assert refused == Problem("INVALID_INPUT", sentence, (field,))


async def test_what_can_not_be_kept_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk)

    for given, sentence, path in (
        ({"timezone": "Mars"}, "'Mars' is not an IANA time zone such as Europe/Berlin.", ("timezone",)),
        (
            {"weekly": [{"day": "FRIDAY", "from": "17:00", "to": "09:00"}]},
            "Hours open before they close, on one date: a night shift is two intervals.",
            ("weekly", "0", "from"),
        ),
        (
            {"holidaysOf": {"country": "XX", "years": [2026]}},
            "There are no holidays of 'XX': a country is a code such as DE.",
            ("holidaysOf", "country"),
        ),
    ):
        result = await helpdesk.admin.update_business_calendar(input={"businessCalendarId": made["id"], **given})
        assert result == Problem("INVALID_INPUT", sentence, path)
    assert len(await changes_of(helpdesk, "BusinessCalendarChanged")) == 1


async def test_one_of_others_is_not_found(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    theirs, gone = await a_calendar(other), await a_calendar(helpdesk)
    await helpdesk.admin.delete_business_calendar(business_calendar_id=gone["id"])

    for calendar_id in (theirs["id"], gone["id"], encode("cal", new_id())):
        result = await helpdesk.admin.update_business_calendar(
            input={"businessCalendarId": calendar_id, "name": "Ours"}
        )
        assert result == Problem("NOT_FOUND", "There is no such business calendar.")
    assert len(await changes_of(other, "BusinessCalendarChanged")) == 1


async def test_only_admins_change_the_hours(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await a_calendar(helpdesk)

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        result = await by.update_business_calendar(input={"businessCalendarId": made["id"], "name": "Mine"})
        assert result == Problem("NOT_ALLOWED", "Your role does not include this: update business calendar.")
