"""The survey's page: opening it says nothing, a click says it all, and only to whom it was sent"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.fields import new_id
from tests.portal.visitors import Visitor, reopen_path, resolved, survey_path, text_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

RATINGS = "SELECT rating, comment FROM support_satisfaction WHERE ticket_id = $1 ORDER BY created_at"


async def ratings_of(helpdesk: Helpdesk, ticket: Any) -> list[tuple[int, str | None]]:
    """What is kept of a ticket's ratings."""
    rows = await helpdesk.world.database.fetch(RATINGS, decode("tkt", ticket["id"]))
    return [tuple(row) for row in rows]


async def test_opening_it_never_votes(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)

    for rating in ("", "?rating=1", "?rating=5", "?rating=9", "?rating=5&comment=Hello"):
        assert (await visitor.see(path + rating)).status_code == 200
        assert (await visitor.see(path + rating, **{"Sec-Purpose": "prefetch;prerender"})).status_code == 200
        head = await visitor.http.head(path + rating)
        assert (head.status_code, head.content) == (200, b"")
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        assert (await visitor.http.request(method, f"{path}?rating=5")).status_code == 405
    # A POST that chooses nothing says nothing either, whatever its address says.
    assert (await visitor.http.post(f"{path}?rating=5", data={"other": "1"})).status_code == 422

    assert await ratings_of(helpdesk, ticket) == []


async def test_what_the_mail_chose_is_one_click_away(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk, subject="The hub <b>hums</b>")
    path = await survey_path(helpdesk, ticket)

    page = await visitor.see(f"{path}?rating=4")

    assert "You chose 4, “Satisfied”. Press it to confirm, or choose another." in text_of(page)
    assert re.findall(r'<button name="rating" value="(\d)" class="chosen" autofocus>', page.text) == ["4"]
    assert re.findall(r'<button name="rating" value="(\d)"', page.text) == ["1", "2", "3", "4", "5"]
    assert "The hub &lt;b&gt;hums&lt;/b&gt;" in page.text
    assert "chosen" not in (await visitor.see(path)).text.partition("<body>")[2]


async def test_one_click_votes(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)

    answer = await visitor.http.post(path, data={"rating": "4"})

    # The page that follows is another request: loading it anew sends nothing anew.
    assert answer.status_code == 303
    page = await visitor.http.get(str(answer.url.join(answer.headers["location"])))
    assert page.status_code == 200
    assert "Thank you! You rated request #1 with 4 of 5: Satisfied." in text_of(page)
    assert await ratings_of(helpdesk, ticket) == [(4, None)]
    assert (await helpdesk.events(ticket))[-1] == "SatisfactionSubmitted"


async def test_a_comment_follows_and_is_shown_as_it_was_typed(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)
    await visitor.send(path, {"rating": "4"})

    page = await visitor.send(path, {"rating": "4", "comment": "Fast!\r\n</textarea><script>alert(1)</script> äöü ✓"})

    assert "<script" not in page.text
    assert "Fast!\n&lt;/textarea&gt;&lt;script&gt;" in page.text
    assert await ratings_of(helpdesk, ticket) == [(4, "Fast!\n</textarea><script>alert(1)</script> äöü ✓")]
    # A change of the rating leaves it, an empty field takes it away.
    await visitor.send(path, {"rating": "2"})
    assert (await ratings_of(helpdesk, ticket))[0][1] is not None
    await visitor.send(path, {"rating": "2", "comment": " "})
    assert await ratings_of(helpdesk, ticket) == [(2, None)]


async def test_a_comment_that_is_too_long_is_not_lost(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)
    await visitor.send(path, {"rating": "4"})

    page = await visitor.send(path, {"rating": "4", "comment": "w" * 2_001})

    assert page.status_code == 422
    assert "This text is too long: at most 2,000 characters, please." in text_of(page)
    assert "w" * 2_001 in page.text
    assert await ratings_of(helpdesk, ticket) == [(4, None)]


async def test_it_is_changed_for_seven_days_and_final_then(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)
    await visitor.send(path, {"rating": "2", "comment": "Slow."})

    again = await visitor.see(f"{path}?rating=5")
    assert "You chose 5, “Very satisfied”. Press it to confirm" in text_of(again)
    assert "<details open>" in again.text
    changed = await visitor.send(path, {"rating": "5"})
    assert "with 5 of 5" in text_of(changed)
    await helpdesk.world.database.execute(
        "UPDATE support_satisfaction SET created_at = '2026-03-05T23:30Z' WHERE ticket_id = $1",
        decode("tkt", ticket["id"]),
    )

    final = await visitor.see(f"{path}?rating=1")
    assert "It is from March 5, 2026 and can’t be changed any more." in text_of(final)
    assert 'name="rating"' not in final.text
    refused = await visitor.send(path, {"rating": "1"})
    assert refused.status_code == 409
    assert await ratings_of(helpdesk, ticket) == [(5, "Slow.")]


async def test_each_resolution_has_its_link(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    first = await survey_path(helpdesk, ticket)
    await visitor.send(first, {"rating": "1"})
    await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    second = await survey_path(helpdesk, ticket)

    assert "How did we do?" in text_of(await visitor.see(second))
    await visitor.send(second, {"rating": "5"})
    await visitor.send(first, {"rating": "2"})

    assert await ratings_of(helpdesk, ticket) == [(2, None), (5, None)]


async def test_a_link_that_is_none_shows_one_page_and_nothing_of_anybody(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk, subject="A secret")
    path, other = await survey_path(helpdesk, ticket), await reopen_path(helpdesk, ticket)
    forged = path[:-1] + ("A" if path[-1] != "A" else "B")
    expired = await survey_path(helpdesk, ticket, timedelta(0))
    wrong_purpose = other.replace("/reopen/", "/survey/")

    pages = [await visitor.see(each) for each in (forged, expired, wrong_purpose, "/survey/x", "/reopen/x", path + "x")]
    posts = [await visitor.send(each, {"rating": "5"}) for each in (forged, expired, wrong_purpose)]

    assert {page.status_code for page in (*pages, *posts)} == {404}
    assert len({page.text for page in (*pages, *posts)}) == 1
    assert "This link doesn’t work" in pages[0].text
    assert "A secret" not in pages[0].text and helpdesk.world.id.hex not in pages[0].text
    german = await visitor.see(forged, **{"Accept-Language": "de-AT,de;q=0.9,en;q=0.8"})
    assert "Dieser Link funktioniert nicht" in german.text and '<html lang="de">' in german.text
    assert await ratings_of(helpdesk, ticket) == []


async def test_the_link_of_somebody_who_is_gone_shows_nothing(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)
    await helpdesk.admin.erase_person(user_id=encode("usr", helpdesk.world.customer.user_id or new_id()))

    assert (await visitor.see(path)).status_code == 404
    assert (await visitor.send(path, {"rating": "5"})).status_code == 404


async def test_it_speaks_the_organizations_language(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.admin.update_support_settings(input={"locale": "de", "timezone": "Europe/Berlin"})
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)

    asked = await visitor.see(f"{path}?rating=5", **{"Accept-Language": "en"})
    await visitor.send(path, {"rating": "5"})
    await helpdesk.world.database.execute(
        "UPDATE support_satisfaction SET created_at = '2026-03-05T23:30Z' WHERE ticket_id = $1",
        decode("tkt", ticket["id"]),
    )
    final = await visitor.see(path)

    assert '<html lang="de">' in asked.text
    assert "Sie haben 5 gewählt, „Sehr zufrieden“." in text_of(asked)
    assert "Die Bewertung ist vom 6. März 2026 und lässt sich nicht mehr ändern." in text_of(final)


async def test_the_page_runs_no_scripts_and_tells_nobody_its_address(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    page = await visitor.see(await survey_path(helpdesk, await resolved(helpdesk)))

    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy.pop("style-src").startswith("'sha256-")
    assert policy == {
        "default-src": "'none'",
        "img-src": "data:",
        "form-action": "'self'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-robots-tag"] == "noindex, nofollow"
    assert "set-cookie" not in page.headers
    assert not re.search(r"<script|javascript:|\son\w+=|\sstyle=|https?://", page.text)


async def test_too_much_at_once_is_refused_and_looking_is_not(a_helpdesk: Make, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)

    answers = [await visitor.http.post(path, data={"rating": str(1 + at % 5)}) for at in range(11)]

    assert [answer.status_code for answer in answers] == [303] * 10 + [429]
    assert 1 <= int(answers[10].headers["retry-after"]) <= 60
    assert "Please wait for a minute" in answers[10].text
    assert (await visitor.see(path)).status_code == 200
    assert await ratings_of(helpdesk, ticket) == [(5, None)]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"rating=5&comment=" + b"x" * 100_001, "application/x-www-form-urlencoded", 413),
        (b"rating=5", "text/plain", 415),
        (b"", "", 415),
        (b'{"rating": 5}', "application/json", 415),
        (b"rating=5&comment=%00", "application/x-www-form-urlencoded", 400),
        (b"rating=5&comment=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"rating=5&comment=\xc3\xa4", "application/x-www-form-urlencoded", 400),
        (b"&".join([b"a=b"] * 50), "application/x-www-form-urlencoded", 400),
        (b"rating=5.0", "application/x-www-form-urlencoded", 422),
        (b"rating=%D9%A5", "application/x-www-form-urlencoded", 422),
        (b"rating=", "application/x-www-form-urlencoded", 422),
    ],
)
async def test_what_is_no_form_of_ours_says_nothing(
    a_helpdesk: Make, visitor: Visitor, body: bytes, kind: str, status: int
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    path = await survey_path(helpdesk, ticket)

    answer = await visitor.http.post(path, content=body, headers={"Content-Type": kind} if kind else {})

    assert answer.status_code == status
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert await ratings_of(helpdesk, ticket) == []
