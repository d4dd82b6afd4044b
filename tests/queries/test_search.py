"""tickets(search:): words wherever they may stand, for those who may read them there"""

from __future__ import annotations

import pytest

from graphql_api.ids import decode, encode
from graphql_api.reading.search import WALKED
from models.organizations import Membership
from models.writer import organization_write
from resolvers.access import access
from tests.queries.many import many_tickets
from tests.queries.searches import BY_NUMBER, SEARCH, Make, best, hits, named, pages, tickets


async def test_words_are_found_in_the_subject_and_in_every_message(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, *_ = await tickets(helpdesk, ("Printer on fire", "Help!"), ("Hello", "My printer smokes."), ("Other", "Tea"))
    await helpdesk.agent.add_message(input={"ticket_id": first, "body": "Use the extinguisher."})

    for by in (helpdesk.agent, helpdesk.analyst, helpdesk.customer):
        assert await hits(by, "printer") == [1, 2]
        assert await hits(by, "PRINTER") == [1, 2]
        assert await hits(by, "extinguisher") == [1]
        assert await hits(by, "coffee") == []


async def test_each_word_must_stand_somewhere_and_may_stand_anywhere(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, second = await tickets(helpdesk, ("Invoice is wrong", "Too much."), ("Invoice is late", "Where is it?"))
    await helpdesk.agent.add_ticket_tags(ticket_id=first, tags=["finance"])
    await helpdesk.agent.add_message(input={"ticket_id": first, "body": "We will send a corrected one."})
    await helpdesk.agent.add_message(input={"ticket_id": second, "body": "It was posted on Monday."})

    assert await hits(helpdesk.agent, "invoice") == [1, 2]
    assert await hits(helpdesk.agent, "corrected invoice much finance customer ") == [1]
    assert await hits(helpdesk.agent, "invoice monday") == [2]
    assert await hits(helpdesk.agent, "invoice monday corrected") == []


async def test_notes_are_searched_for_staff_only(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    (ticket,) = await tickets(helpdesk, ("Refund", "Please."))
    await helpdesk.agent.add_message(input={"ticket_id": ticket, "body": "Smells of canarycide.", "internal": True})

    assert await hits(helpdesk.agent, "canarycide") == [1]
    assert await hits(helpdesk.analyst, "canarycide") == [1]
    for search in ("canarycide", "canary", "refund canarycide", '"of canarycide"'):
        assert await hits(helpdesk.customer, search) == []
        assert await best(helpdesk.customer, search) == []


async def test_a_note_moves_nothing_in_what_a_customer_finds(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    one, _ = await tickets(helpdesk, ("One", "The router."), ("Two", "The router."))
    before = (await helpdesk.customer.query(SEARCH, search="router", first=100))["tickets"]["nodes"]

    await helpdesk.agent.add_message(input={"ticket_id": one, "body": "router router router", "internal": True})

    assert (await helpdesk.customer.query(SEARCH, search="router", first=100))["tickets"]["nodes"] == before
    assert await best(helpdesk.customer, "router") == [2, 1]
    assert await best(helpdesk.agent, "router") == [1, 2]


async def test_customers_find_their_own_tickets_only(a_helpdesk: Make) -> None:
    helpdesk, other = await a_helpdesk(), await a_helpdesk()
    await tickets(helpdesk, ("Router", "It blinks."))
    await helpdesk.agent.create_ticket(
        input={"subject": "Router", "body": "Mine too.", "on_behalf_of": {"email": "x@example.test", "name": "Xaver"}}
    )
    await tickets(other, ("Router", "Elsewhere."))

    assert await hits(helpdesk.customer, "router") == [1]
    assert await best(helpdesk.customer, "router") == [1]
    assert await hits(helpdesk.agent, "router") == [1, 2]
    assert await hits(helpdesk.customer, "xaver") == []
    assert await hits(helpdesk.agent, "elsewhere") == []


@pytest.mark.parametrize("search", ["2", "#2", " #2 "])
async def test_a_number_finds_the_ticket(a_helpdesk: Make, search: str) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("One", "I have 2 of them."), ("Two", "Only one."), ("Three", "None."))

    assert await hits(helpdesk.agent, search) == [1, 2]
    # The ticket itself comes before those that speak of it.
    assert await best(helpdesk.agent, search) == [2, 1]
    assert await best(helpdesk.customer, search) == [2, 1]


async def test_a_search_goes_with_every_filter_and_order(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, second, _ = await tickets(helpdesk, ("Router", "a"), ("Router", "b"), ("Else", "c"))
    await helpdesk.agent.assign_ticket(
        ticket_id=second, assignee_id=encode("usr", helpdesk.world.agent.user_id or helpdesk.world.id)
    )
    await helpdesk.agent.add_message(input={"ticket_id": first, "body": "More."})

    for order in (None, BY_NUMBER, {"field": "RELEVANCE"}, {"field": "UPDATED_AT"}, {"field": "CREATED_AT"}):
        for wanted, expected in (
            ({"assignedToMe": True}, [2]),
            ({"unassigned": True}, [1]),
            ({"status": ["OPEN"], "number": [2, 3]}, [2]),
            ({"status": ["CLOSED"]}, []),
        ):
            assert await hits(helpdesk.agent, "router", filter=wanted, order=order) == expected
    assert await best(helpdesk.agent, "router", order={"field": "UPDATED_AT"}) == [1, 2]
    assert await best(helpdesk.agent, "router", order={"field": "CREATED_AT"}) == [2, 1]
    assert await best(helpdesk.agent, "router", order={"field": "CREATED_AT", "direction": "ASC"}) == [1, 2]


async def test_the_best_hits_come_first(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    long = "A long story about many other things, in which nothing happens for a while. " * 5
    await tickets(
        helpdesk,
        ("Backup of the server", "It does not start."),
        ("Hello", f"{long} The backup is somewhere on the server."),
        ("Hello", "The server has no backup."),
        ("Hello", "The server."),
        ("Backup", "What server?"),
    )
    (last,) = await tickets(helpdesk, ("Hello", "The server."))
    await helpdesk.agent.add_message(input={"ticket_id": last, "body": "Have you got a backup?"})

    assert await best(helpdesk.agent, "server backup") == [1, 5, 3, 2, 6]


async def test_what_is_corrected_or_erased_is_not_found_any_more(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    (ticket,) = await tickets(helpdesk, ("Canarybird", "It is canaryyellow."))
    (of_ada,) = await named(helpdesk, "Ada Canaryname")
    await helpdesk.agent.update_ticket(input={"ticket_id": ticket, "subject": "Finch"})
    await helpdesk.world.database.execute(
        "UPDATE support_ticket_message SET body = '' WHERE ticket_id = $1", decode("tkt", ticket)
    )
    async with organization_write(helpdesk.world.admin) as write:
        row = await write.connection.fetchrow(
            "SELECT requester_id FROM support_ticket WHERE id = $1", decode("tkt", of_ada)
        )
        write.update(await access(write, Membership, row["requester_id"]), name="Somebody")

    for search in ("canarybird", "canaryyellow", "canaryname", "canary"):
        assert await hits(helpdesk.agent, search) == []
    assert await hits(helpdesk.agent, "finch") == [1]
    assert await hits(helpdesk.agent, "somebody") == [2]


async def test_a_rare_word_is_found_however_old_the_ticket(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    (old, _) = await tickets(helpdesk, ("Router", "A canarycide."), ("Hello", "canarycide"))
    await many_tickets(helpdesk.world, WALKED + 20, at_once=100)
    await helpdesk.agent.add_ticket_tags(ticket_id=old, tags=["ancient"])
    newest_first = {"field": "CREATED_AT"}

    for by in (helpdesk.agent, helpdesk.customer):
        for order in (newest_first, None):
            assert sorted(await best(by, "canarycide", order=order)) == [1, 2]
            assert await best(by, "router", order=order) == [1]
    for search in ("ancient", "ancient router", "#1"):
        assert await best(helpdesk.agent, search, order=newest_first) == [1]
    # Every ticket says "Help!", and is found for as long as there are any.
    found = await pages(helpdesk.agent, "help", 60, order=newest_first)
    assert found == list(range(WALKED + 22, 2, -1))
    assert await best(helpdesk.agent, "help", order=newest_first, first=None, last=3) == [5, 4, 3]
