"""A customer answers a survey in a real Chromium that runs no scripts, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page, expect

from tests.portal.visitors import resolved, survey_path
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SHOWN = "query($id: ID!) { ticket(id: $id) { status satisfaction { rating comment } } }"


@asynccontextmanager
async def a_visit(browser: Browser, width: int, **given: Any) -> AsyncIterator[tuple[Page, list[str]]]:
    """A page of this width without scripts, and what is wrong with it: requests of elsewhere, refused styles."""
    wrong: list[str] = []
    async with await browser.new_context(
        viewport={"width": width, "height": 740}, java_script_enabled=False, **given
    ) as context:
        page = await context.new_page()
        page.on("console", lambda said: wrong.append(said.text) if "404" not in said.text else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda asked: wrong.append(asked.url) if urlsplit(asked.url).hostname not in HERE else None)
        yield page, wrong


HERE = {"127.0.0.1", None}


async def fits(page: Page, width: int) -> bool:
    """Whether every button and text field is on the screen, and large enough for a thumb."""
    places = [await each.bounding_box() for each in await page.locator("button:visible, textarea:visible").all()]
    return bool(places) and all(
        place and place["x"] >= 0 and place["x"] + place["width"] <= width and place["height"] >= 44 for place in places
    )


@pytest.mark.parametrize("width", [360, 1000])
async def test_two_clicks_from_the_mail_to_a_rating(
    browser: Browser, server_url: str, a_helpdesk: Make, width: int
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk, subject="The left speaker hums when the kitchen's dimmer is on " + "w" * 100)
    path = await survey_path(helpdesk, ticket)

    async with a_visit(browser, width) as (page, wrong):
        await page.goto(f"{server_url}{path}?rating=4")
        await expect(page.get_by_role("heading", level=1)).to_have_text("How did we do?")
        chosen = page.get_by_role("button", name="4 Satisfied")
        await expect(chosen).to_be_focused()
        assert await fits(page, width)

        # The keyboard does, too.
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Thank you!")
        assert await fits(page, width)
        assert wrong == []
    assert (await helpdesk.agent.query(SHOWN, id=ticket["id"]))["ticket"]["satisfaction"]["rating"] == 4


async def test_a_comment_a_change_of_mind_and_the_way_back(browser: Browser, server_url: str, a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    async with a_visit(browser, 360) as (page, wrong):
        await page.goto(server_url + await survey_path(helpdesk, ticket))
        await page.get_by_role("button", name="2 Dissatisfied").click()
        await page.get_by_label("Would you like to tell us more? (optional)").fill("It still hums.")
        await page.get_by_role("button", name="Send comment").click()
        await expect(page.get_by_text("We have got your comment")).to_be_visible()
        await page.get_by_text("Change your rating").click()
        await page.get_by_role("button", name="1 Very dissatisfied").click()
        await expect(page.get_by_text("with 1 of 5: Very dissatisfied.")).to_be_visible()
        # Loading it anew asks nothing and sends nothing.
        await page.reload()
        await page.get_by_role("button", name="Reopen the request").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Request #1 is open")
        assert wrong == []

    shown = (await helpdesk.agent.query(SHOWN, id=ticket["id"]))["ticket"]
    assert shown == {"status": "OPEN", "satisfaction": {"rating": 1, "comment": "It still hums."}}


async def test_a_link_cut_short_says_so(browser: Browser, server_url: str) -> None:
    async with a_visit(browser, 360, locale="de-DE") as (page, wrong):
        await page.goto(f"{server_url}/survey/AQ")

        await expect(page.get_by_role("heading", level=1)).to_have_text("Dieser Link funktioniert nicht")
        assert wrong == []
