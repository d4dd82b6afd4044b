"""Requesters are asked once for each resolution, when it is time, and the log says so or why not"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from graphql_api.ids import decode, encode
from graphql_api.portal.words import WORDS
from models.actors import Actor
from models.fields import new_id
from tasks.mail.templates import LOCALES, words
from tests.mail.post import html, mails, plain, postman
from tests.portal.visitors import Visitor, resolved, text_of
from tests.tasks.parts import Worker
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

EVENTS = """query($id: ID!) { ticket(id: $id) { events(first: 50) { nodes { __typename
  ... on SurveySent { resolutionId } ... on SurveySkipped { resolutionId reason } } } } }"""


async def asking_after(helpdesk: Helpdesk, minutes: int) -> None:
    """Have the organization ask so long after a resolution."""
    await helpdesk.admin.update_support_settings(input={"csat_delay_minutes": minutes})


async def step(helpdesk: Helpdesk, worker: Worker) -> None:
    """Do what is due by now."""
    await worker.step(Actor.system(helpdesk.world.database, helpdesk.world.id))


async def an_hour_later(helpdesk: Helpdesk, worker: Worker) -> None:
    """Resolutions were an hour ago, and whatever was put off until then is due."""
    for statement in (
        "UPDATE support_event SET occurred_at = occurred_at - interval '1 hour' WHERE organization_id = $1"
        " AND type = 'TicketResolved'",
        "UPDATE support_reaction SET due_at = due_at - interval '1 hour' WHERE organization_id = $1 AND status = 'due'",
    ):
        await helpdesk.world.database.execute(statement, helpdesk.world.id)
    await step(helpdesk, worker)


async def again(helpdesk: Helpdesk, worker: Worker) -> None:
    """Run what was done once more, as after a worker that died before it could say so."""
    await helpdesk.world.database.execute(
        "UPDATE support_reaction SET status = 'due', finished_at = NULL, due_at = created_at"
        " WHERE organization_id = $1",
        helpdesk.world.id,
    )
    await step(helpdesk, worker)


async def told(helpdesk: Helpdesk, ticket: Any) -> list[tuple[str, str | None]]:
    """What staff read of surveys in a ticket's events."""
    nodes = (await helpdesk.agent.query(EVENTS, id=ticket["id"]))["ticket"]["events"]["nodes"]
    return [(each["__typename"], each.get("reason")) for each in nodes if each["__typename"].startswith("Survey")]


async def test_the_requester_is_asked_after_the_delay_and_once(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk, subject="The hub hums")
    worker = postman(helpdesk.world, tmp_path, "survey")

    await step(helpdesk, worker)

    assert await mails(helpdesk.world, tmp_path) == []
    assert await told(helpdesk, ticket) == []
    late = await helpdesk.world.database.fetchval(
        "SELECT r.due_at - e.occurred_at FROM support_reaction r JOIN support_event e ON e.id = r.event_id"
        " WHERE r.organization_id = $1",
        helpdesk.world.id,
    )
    assert late == timedelta(hours=1)

    await an_hour_later(helpdesk, worker)
    await again(helpdesk, worker)

    (mail,) = await mails(helpdesk.world, tmp_path)
    assert mail["Subject"] == "How did we do? #1 The hub hums"
    assert await told(helpdesk, ticket) == [("SurveySent", None)]


async def test_each_answer_is_a_link_to_the_page(a_helpdesk: Make, tmp_path: Path, visitor: Visitor) -> None:
    helpdesk = await a_helpdesk()
    await asking_after(helpdesk, 0)
    ticket = await resolved(helpdesk)
    await an_hour_later(helpdesk, postman(helpdesk.world, tmp_path, "survey"))

    (mail,) = await mails(helpdesk.world, tmp_path)

    links = re.findall(r"http://help\.test/survey/[\w-]+\?rating=\d", plain(mail))
    assert [link[-1] for link in links] == ["1", "2", "3", "4", "5"]
    assert all(link in html(mail) for link in links)
    there = urlsplit(links[3])
    page = await visitor.see(f"{there.path}?{there.query}")
    assert "You chose 4, “Satisfied”." in text_of(page)
    assert "You rated request #1 with 4 of 5" in text_of(await visitor.send(there.path, {"rating": "4"}))
    rated = await helpdesk.agent.query(
        "query($id: ID!) { ticket(id: $id) { satisfaction { rating } } }", id=ticket["id"]
    )
    assert rated["ticket"]["satisfaction"] == {"rating": 4}


async def test_without_a_delay_the_mail_of_the_resolution_asks(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    await asking_after(helpdesk, 0)
    ticket = await resolved(helpdesk)
    worker = postman(helpdesk.world, tmp_path, "mail_of_resolution", "survey")
    await step(helpdesk, worker)
    await an_hour_later(helpdesk, worker)
    await again(helpdesk, worker)

    (mail,) = await mails(helpdesk.world, tmp_path)

    assert "How satisfied are you with how we resolved it?" in plain(mail)
    assert "5 Very satisfied: http://help.test/survey/" in plain(mail)
    assert plain(mail).count("?rating=") == html(mail).count("?rating=") == 5
    assert await told(helpdesk, ticket) == [("SurveySent", None)]


async def test_with_a_delay_the_mail_of_the_resolution_does_not_ask(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    worker = postman(helpdesk.world, tmp_path, "mail_of_resolution", "survey")
    await step(helpdesk, worker)
    (first,) = await mails(helpdesk.world, tmp_path)
    assert "?rating=" not in plain(first) + html(first)
    assert await told(helpdesk, ticket) == []

    await an_hour_later(helpdesk, worker)

    assert len(await mails(helpdesk.world, tmp_path)) == 2
    assert await told(helpdesk, ticket) == [("SurveySent", None)]


async def test_what_the_mail_of_the_resolution_may_have_asked_is_not_asked_beside_it(
    a_helpdesk: Make, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    await asking_after(helpdesk, 0)
    ticket = await resolved(helpdesk)
    worker = postman(world, tmp_path, "mail_of_resolution", "survey")
    await worker.relay.plan(world.id)
    # Another worker has it, and may have sent it: nobody knows before its lease is over.
    lease = (
        "UPDATE support_reaction SET leased_until = now() + $2::interval, attempts = 1, begun = TRUE, waits = TRUE"
        " WHERE organization_id = $1 AND name = 'mail_of_resolution'"
    )
    await world.database.execute(lease, world.id, timedelta(minutes=1))
    await an_hour_later(helpdesk, worker)
    assert await mails(world, tmp_path) == []

    await world.database.execute(lease, world.id, timedelta(seconds=-1))
    await step(helpdesk, worker)
    await an_hour_later(helpdesk, worker)

    (mail,) = await mails(world, tmp_path)
    assert "How satisfied are you with how we resolved it?" in plain(mail)
    assert await told(helpdesk, ticket) == [("SurveySent", None)]


async def test_a_ticket_that_came_back_is_not_asked_about(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    worker = postman(helpdesk.world, tmp_path, "survey")
    await step(helpdesk, worker)
    await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])

    await an_hour_later(helpdesk, worker)
    assert await told(helpdesk, ticket) == [("SurveySkipped", "REOPENED")]
    await again(helpdesk, worker)

    # Resolved again it is another resolution, which is asked about.
    await helpdesk.agent.resolve_ticket(ticket_id=ticket["id"])
    await step(helpdesk, worker)
    await an_hour_later(helpdesk, worker)
    assert await told(helpdesk, ticket) == [("SurveySkipped", "REOPENED"), ("SurveySent", None)]
    assert len(await mails(helpdesk.world, tmp_path)) == 1


async def _disable(helpdesk: Helpdesk, _ticket: Any) -> None:
    await helpdesk.admin.update_support_settings(input={"csat_enabled": False})


async def _rate(helpdesk: Helpdesk, ticket: Any) -> None:
    await helpdesk.customer.submit_satisfaction(input={"ticket_id": ticket["id"], "rating": 5})


async def _erase(helpdesk: Helpdesk, _ticket: Any) -> None:
    await helpdesk.admin.erase_person(user_id=encode("usr", helpdesk.world.customer.user_id or new_id()))


async def _remove(helpdesk: Helpdesk, _ticket: Any) -> None:
    member = encode("usr", helpdesk.world.customer.user_id or new_id())
    await helpdesk.admin.remove_member(input={"user_id": member})


async def _promote(helpdesk: Helpdesk, _ticket: Any) -> None:
    member = encode("usr", helpdesk.world.customer.user_id or new_id())
    await helpdesk.admin.change_member_role(user_id=member, role="AGENT")


async def _flood(helpdesk: Helpdesk, ticket: Any) -> None:
    await helpdesk.world.database.execute(
        "INSERT INTO support_mail (id, organization_id, ticket_id, event_id, kind, recipient_id, message_id, status,"
        " attempts, created_at, sent_at) SELECT gen_random_uuid(), $1, $2, gen_random_uuid(), 'ticket_resolved', $3,"
        " gen_random_uuid()::text, 'sent', 1, now(), now() FROM generate_series(1, 20)",
        helpdesk.world.id,
        decode("tkt", ticket["id"]),
        helpdesk.world.customer.user_id,
    )


@pytest.mark.parametrize(
    ("meanwhile", "reason"),
    [
        (_disable, "DISABLED"),
        (_rate, "ALREADY_RATED"),
        (_erase, "REQUESTER_GONE"),
        (_remove, "REQUESTER_GONE"),
        (_promote, "REQUESTER_IS_STAFF"),
        (_flood, "TOO_MUCH_MAIL"),
    ],
)
async def test_the_log_says_why_nobody_is_asked(
    a_helpdesk: Make, tmp_path: Path, meanwhile: Callable[[Helpdesk, Any], Awaitable[None]], reason: str
) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    worker = postman(helpdesk.world, tmp_path, "survey")
    await step(helpdesk, worker)

    await meanwhile(helpdesk, ticket)
    await an_hour_later(helpdesk, worker)
    await again(helpdesk, worker)

    assert await told(helpdesk, ticket) == [("SurveySkipped", reason)]
    assert await mails(helpdesk.world, tmp_path) == []


async def test_a_longer_delay_puts_off_what_waits(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    worker = postman(helpdesk.world, tmp_path, "survey")
    await step(helpdesk, worker)
    await asking_after(helpdesk, 120)

    await an_hour_later(helpdesk, worker)
    assert await told(helpdesk, ticket) == []
    await an_hour_later(helpdesk, worker)

    assert await told(helpdesk, ticket) == [("SurveySent", None)]


async def test_it_is_asked_in_the_organizations_language(a_helpdesk: Make, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.admin.update_support_settings(input={"locale": "de", "csat_delay_minutes": 0})
    await resolved(helpdesk)
    await an_hour_later(helpdesk, postman(helpdesk.world, tmp_path, "survey"))

    (mail,) = await mails(helpdesk.world, tmp_path)

    assert str(mail["Subject"]).startswith("Wie zufrieden sind Sie?")
    assert "5 Sehr zufrieden: http://help.test/survey/" in plain(mail)


def test_mail_and_page_call_the_answers_alike() -> None:
    assert {locale: tuple(words(locale)["common"]["scale"]) for locale in LOCALES} == {
        locale: each.scale for locale, each in WORDS.items()
    }
