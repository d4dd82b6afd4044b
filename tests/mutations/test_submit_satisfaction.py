"""submitSatisfaction"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from graphql_api.ids import decode, encode
from models.actors import Role
from models.fields import new_id
from models.links import Link, LinkPurpose
from tests.client import Client, Problem
from tests.credentials import LINKS
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]

RATED = "query($id: ID!) { ticket(id: $id) { satisfaction { rating comment changedAt agent { id } } } }"
FACTS = (
    "SELECT data FROM support_event WHERE ticket_id = $1 AND type = 'SatisfactionSubmitted' AND visibility = 'customer'"
    " ORDER BY seq"
)


async def resolved(helpdesk: Helpdesk, by: Client | None = None) -> Any:
    """A resolved ticket of the customer's."""
    ticket = await helpdesk.ticket()
    await (by or helpdesk.agent).resolve_ticket(ticket_id=ticket["id"])
    return ticket


async def rate(by: Client, ticket: Any, rating: int = 4, **given: Any) -> Any:
    """Rate a ticket."""
    return await by.submit_satisfaction(input={"ticket_id": ticket["id"], "rating": rating, **given})


async def facts_of(world: World, ticket: Any) -> list[dict[str, Any]]:
    """What the log says of a ticket's ratings, but for ids of rows and events."""
    rows = await world.database.fetch(FACTS, decode("tkt", ticket["id"]))
    return [{name: row["data"][name] for name in ("rating", "previous", "agent_id")} for row in rows]


async def a_token(world: World, ticket: Any, lasts: timedelta = timedelta(days=30)) -> str:
    """What a survey of the ticket's last resolution has in its link."""
    resolution_id = await world.database.fetchval(
        "SELECT id FROM support_event WHERE ticket_id = $1 AND type = 'TicketResolved' ORDER BY seq DESC LIMIT 1",
        decode("tkt", ticket["id"]),
    )
    ticket_id = decode("tkt", ticket["id"]) or new_id()
    return LINKS.sign(Link.to_rate(world.id, ticket_id, resolution_id, world.database.now() + lasts))


def member(world: World, role: str) -> str:
    """A member's id, as facts have it."""
    return str(getattr(world, role).user_id)


async def test_a_customer_rates_how_their_ticket_was_resolved(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    given = await rate(helpdesk.customer, ticket, 2, comment=" Too slow.\n")

    assert (given["rating"], given["comment"], given["changedAt"]) == (2, "Too slow.", None)
    agent = encode("usr", helpdesk.world.agent.user_id or new_id())
    (shown,) = [(await by.query(RATED, id=ticket["id"]))["ticket"] for by in (helpdesk.analyst,)]
    assert shown["satisfaction"] == {"rating": 2, "comment": "Too slow.", "changedAt": None, "agent": {"id": agent}}
    own = (await helpdesk.customer.query(RATED, id=ticket["id"]))["ticket"]["satisfaction"]
    assert (own["rating"], own["agent"]) == (2, None)
    assert await facts_of(helpdesk.world, ticket) == [
        {"rating": 2, "previous": None, "agent_id": member(helpdesk.world, "agent")}
    ]


async def test_rating_again_changes_it_and_the_same_again_does_not(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    first = await rate(helpdesk.customer, ticket, 2, comment="Slow.")

    changed = await rate(helpdesk.customer, ticket, 5)
    same = [await rate(helpdesk.customer, ticket, 5) for _ in range(2)]
    bare = await rate(helpdesk.customer, ticket, 5, comment=None)

    assert (changed["id"], changed["rating"], changed["comment"]) == (first["id"], 5, "Slow.")
    assert changed["createdAt"] == first["createdAt"] < changed["changedAt"]
    assert same == [changed, changed]
    assert bare["comment"] is None
    assert [(each["rating"], each["previous"]) for each in await facts_of(helpdesk.world, ticket)] == [
        (2, None),
        (5, 2),
        (5, 5),
    ]


async def test_after_seven_days_it_is_final(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    await rate(helpdesk.customer, ticket, 2)
    for age, answer in (("6 days 23 hours", None), ("7 days 1 second", "ALREADY_DECIDED")):
        await helpdesk.world.database.execute(
            "UPDATE support_satisfaction SET created_at = now() - $2::text::interval WHERE ticket_id = $1",
            decode("tkt", ticket["id"]),
            age,
        )
        changed = await rate(helpdesk.customer, ticket, 3 if answer is None else 4)
        assert (changed.code if isinstance(changed, Problem) else None) == answer

    assert changed == Problem("ALREADY_DECIDED", "A rating can be changed for 7 days; this one is older.")
    assert (await rate(helpdesk.customer, ticket, 3))["rating"] == 3
    assert len(await facts_of(helpdesk.world, ticket)) == 2


async def test_each_resolution_has_a_rating_of_its_own(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    first = await rate(helpdesk.customer, ticket, 1)
    await helpdesk.customer.reopen_ticket(ticket_id=ticket["id"])
    # The first resolution is still the last one.
    assert (await rate(helpdesk.customer, ticket, 2))["id"] == first["id"]
    await helpdesk.admin.resolve_ticket(ticket_id=ticket["id"])

    second = await rate(helpdesk.customer, ticket, 5)

    assert second["id"] != first["id"]
    assert (await helpdesk.agent.query(RATED, id=ticket["id"]))["ticket"]["satisfaction"]["rating"] == 5
    assert [each["previous"] for each in await facts_of(helpdesk.world, ticket)] == [None, 1, None]


async def test_many_at_once_are_one_rating(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    given = await asyncio.gather(*(rate(helpdesk.customer, ticket, 1 + at % 5) for at in range(8)))

    assert len({each["id"] for each in given}) == 1
    facts = await facts_of(helpdesk.world, ticket)
    assert [each["previous"] for each in facts[1:]] == [each["rating"] for each in facts[:-1]]


async def test_whoever_answered_last_is_rated_else_whoever_resolved(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    answered, tidied, own = await helpdesk.ticket(), await helpdesk.ticket(), await helpdesk.ticket()
    for ticket in (answered, own):
        await helpdesk.agent.add_message(input={"ticket_id": ticket["id"], "body": "Hold the button."})
        await helpdesk.admin.add_message(input={"ticket_id": ticket["id"], "body": "A note.", "internal": True})
    await helpdesk.admin.resolve_ticket(ticket_id=answered["id"])
    await helpdesk.admin.resolve_ticket(ticket_id=tidied["id"])
    await helpdesk.customer.resolve_ticket(ticket_id=own["id"])
    nobody = await resolved(helpdesk, helpdesk.customer)
    # What is said after the resolution is not what was rated.
    await helpdesk.admin.add_message(input={"ticket_id": answered["id"], "body": "You are welcome."})

    rated = []
    for ticket in (answered, tidied, own, nobody):
        await rate(helpdesk.customer, ticket)
        rated += [each["agent_id"] for each in await facts_of(helpdesk.world, ticket)]

    world = helpdesk.world
    assert rated == [member(world, "agent"), member(world, "admin"), member(world, "agent"), None]


async def test_what_was_never_resolved_is_not_rated(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket, filed = await helpdesk.ticket(), await helpdesk.ticket()
    await helpdesk.agent.close_ticket(ticket_id=filed["id"])

    for each in (ticket, filed):
        assert await rate(helpdesk.customer, each) == Problem(
            "INVALID_INPUT", "Only a ticket that was resolved can be rated.", ("ticketId",)
        )
        assert await facts_of(helpdesk.world, each) == []


@pytest.mark.parametrize("rating", [0, 6, -1, 2_000_000_000])
async def test_a_rating_is_one_to_five(a_helpdesk: Make, rating: int) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    assert await rate(helpdesk.customer, ticket, rating) == Problem(
        "INVALID_INPUT", "A rating is 1, the worst, to 5.", ("rating",)
    )
    assert await facts_of(helpdesk.world, ticket) == []


async def test_a_comment_has_an_end(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)

    assert await rate(helpdesk.customer, ticket, comment="x" * 2_001) == Problem(
        "INVALID_INPUT", "This has 2,001 characters; at most 2,000 are kept.", ("comment",)
    )
    assert len((await rate(helpdesk.customer, ticket, comment="x" * 2_000))["comment"]) == 2_000
    assert (await rate(helpdesk.customer, ticket, comment=" "))["comment"] is None


async def test_staff_don_t_rate_themselves(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    refused = Problem("NOT_ALLOWED", "Your role does not include this: submit satisfaction.")

    for by in (helpdesk.admin, helpdesk.agent, helpdesk.analyst):
        assert await rate(by, ticket) == refused
        token = await a_token(helpdesk.world, ticket)
        assert await by.submit_satisfaction(input={"survey_token": token, "rating": 5}) == refused
    assert await facts_of(helpdesk.world, ticket) == []


async def test_others_tickets_are_not_found(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await resolved(helpdesk)
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    for by in (other.customer, neighbour):
        assert await rate(by, ticket) == Problem("NOT_FOUND", "There is no such ticket.")
    assert await facts_of(helpdesk.world, ticket) == []


async def test_whoever_holds_a_surveys_link_need_not_sign_in(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    token = await a_token(helpdesk.world, ticket)

    given = await client("").submit_satisfaction(input={"survey_token": token, "rating": 3, "comment": "Well."})

    assert (given["rating"], given["comment"]) == (3, "Well.")
    assert set(given) == {"rating", "comment", "createdAt", "changeableUntil"}
    assert (await helpdesk.agent.query(RATED, id=ticket["id"]))["ticket"]["satisfaction"]["rating"] == 3
    actors = await helpdesk.world.database.fetch(
        "SELECT actor_id, actor_kind FROM support_event WHERE ticket_id = $1 AND type = 'SatisfactionSubmitted'",
        decode("tkt", ticket["id"]),
    )
    assert [tuple(row) for row in actors] == [(helpdesk.world.customer.user_id, "customer")]


async def test_a_link_that_is_none_opens_nothing(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await resolved(helpdesk)
    good = await a_token(world, ticket)
    link = LINKS.open(LinkPurpose.SURVEY, good, world.database.now())
    other_purpose = LINKS.sign(replace(link, purpose=LinkPurpose.REOPEN))
    elsewhere = LINKS.sign(replace(link, organization_id=new_id()))

    for token in ("", good[:-1], good[1:], other_purpose, elsewhere, await a_token(world, ticket, timedelta(0))):
        given = await client("").submit_satisfaction(input={"survey_token": token, "rating": 3})
        assert given == Problem("INVALID_INPUT", "This link is not valid, or no longer.", ("surveyToken",)), token
    assert await facts_of(world, ticket) == []


async def test_somebody_who_is_gone_rates_nothing(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    token = await a_token(helpdesk.world, ticket)
    await helpdesk.admin.erase_person(user_id=encode("usr", helpdesk.world.customer.user_id or new_id()))

    given = await client("").submit_satisfaction(input={"survey_token": token, "rating": 3})

    assert isinstance(given, Problem) and given.code == "INVALID_INPUT"


async def test_one_of_the_two_says_which_resolution(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    token = await a_token(helpdesk.world, ticket)
    sentence = "Say which resolution, by `ticketId` or `surveyToken`: one of the two."

    for which in ({}, {"ticket_id": ticket["id"], "survey_token": token}):
        given = await helpdesk.customer.submit_satisfaction(input={**which, "rating": 3})
        assert given == Problem("INVALID_INPUT", sentence, ("ticketId",))
    assert await rate(client(""), ticket) == Problem(
        "NOT_ALLOWED", "Sign in to rate a ticket, or show the link of its survey."
    )


async def test_a_link_answers_ten_times_a_minute(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk = await a_helpdesk()
    token = await a_token(helpdesk.world, await resolved(helpdesk))

    given = [
        await client("").submit_satisfaction(input={"survey_token": token, "rating": 1 + at % 5}) for at in range(11)
    ]

    assert not any(isinstance(each, Problem) for each in given[:10])
    assert given[10].code == "RATE_LIMITED"
    assert given[10].message.startswith("Too much at once by this link. Try again in ")


async def test_customers_follow_their_rating_in_the_feed(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await resolved(helpdesk)
    text = """subscription($id: ID!, $after: Cursor) { ticketEvents(ticketId: $id, after: $after) {
      ... on SatisfactionSubmitted { rating previous agent { id } satisfaction { comment } } } }"""
    cursor = (await helpdesk.agent.query("{ feedCursor }"))["feedCursor"]
    await rate(helpdesk.customer, ticket, 4, comment="Quick!")

    agent = {"id": encode("usr", helpdesk.world.agent.user_id or new_id())}
    shown = {"rating": 4, "previous": None, "satisfaction": {"comment": "Quick!"}}
    async with helpdesk.agent.subscription(text, id=ticket["id"], after=cursor) as feed:
        assert await feed.next() == {**shown, "agent": agent}
    own = (await helpdesk.customer.query("{ feedCursor }"))["feedCursor"]
    await rate(helpdesk.customer, ticket, 5)
    async with helpdesk.customer.subscription(text, id=ticket["id"], after=own) as feed:
        assert await feed.next() == {"rating": 5, "previous": 4, "satisfaction": {"comment": "Quick!"}, "agent": None}
