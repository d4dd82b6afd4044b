"""setPresence: what somebody says of themselves, and what keeps it from being said too often"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from subscriptions.presence import SAID
from tests.client import Client, Problem
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

SAY = """mutation($id: ID!, $state: PresenceState!) { setPresence(ticketId: $id, state: $state) {
  ... on Presence { user { id name } state since } } }"""
NOT_FOUND = Problem("NOT_FOUND", "There is no such ticket.")


async def test_the_answer_says_what_others_are_told(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    agent = helpdesk.world.agent.user_id or new_id()

    said = [
        (await helpdesk.agent.query(SAY, id=ticket["id"], state=state))["setPresence"]
        for state in ("VIEWING", "TYPING", "TYPING", "VIEWING", "LEFT")
    ]

    assert [each["user"] for each in said] == [{"id": encode("usr", agent), "name": "Agent"}] * 5
    assert [each["state"] for each in said] == ["VIEWING", "TYPING", "TYPING", "VIEWING", "LEFT"]
    viewing, typing, still_typing, viewing_again, _ = [each["since"] for each in said]
    assert viewing == viewing_again <= typing == still_typing


async def test_nothing_of_it_is_written(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    before = await helpdesk.events(ticket)

    await helpdesk.agent.set_presence(ticket_id=ticket["id"], state="TYPING")

    assert await helpdesk.events(ticket) == before


async def test_sent_again_with_its_key_it_says_the_same(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    by = helpdesk.agent.keyed(new_id().hex)

    said = [(await by.query(SAY, id=ticket["id"], state="VIEWING"))["setPresence"] for _ in range(2)]

    assert said[0] == said[1]


async def test_customers_say_it_of_their_own_tickets(a_helpdesk: Make, client: Callable[[str], Client]) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    ticket = await helpdesk.ticket()
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER)))

    assert (await helpdesk.customer.set_presence(ticket_id=ticket["id"], state="TYPING"))["state"] == "TYPING"
    for stranger in (neighbour, other.agent, other.customer):
        assert await stranger.set_presence(ticket_id=ticket["id"], state="TYPING") == NOT_FOUND


async def test_analysts_are_nowhere(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()

    result = await helpdesk.analyst.set_presence(ticket_id=ticket["id"], state="VIEWING")

    assert result == Problem("NOT_ALLOWED", "Your role does not include this: set presence.")


async def test_too_often_is_refused_for_a_moment(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ticket = await helpdesk.ticket()
    call = f'setPresence(ticketId: "{ticket["id"]}", state: VIEWING) {{ __typename ... on Problem {{ code message }} }}'
    calls = "".join(f" a{number}: {call}" for number in range(SAID + 1))

    response = await helpdesk.agent.post(f"mutation {{ {calls} }}")

    answers = [*response.json()["data"].values()]
    assert [each["__typename"] for each in answers] == ["Presence"] * SAID + ["Problem"]
    sentence = "Say where you are at most 20 times in 2 seconds; try again in 2."
    assert answers[-1] == {"__typename": "Problem", "code": "RATE_LIMITED", "message": sentence}
    assert response.headers["Retry-After"] == "2"
    # Others may go on.
    assert (await helpdesk.admin.set_presence(ticket_id=ticket["id"], state="VIEWING"))["state"] == "VIEWING"
