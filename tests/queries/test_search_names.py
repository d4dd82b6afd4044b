"""tickets(search:): names of people and tags, in spite of typos"""

from __future__ import annotations

from graphql_api.ids import encode
from models.actors import Role
from tests.queries.searches import Make, best, hits, named, tickets


async def test_names_of_requesters_are_found_in_spite_of_typos(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await named(helpdesk, "Johanna Schmidt", "Peter Müller", "Katarzyna Wiśniewska", "Ann O'Neill")

    for search in ("schmidt", "Johanna Schmidt", "schmi", "schmitd", "Schmid", "johana", "shmidt"):
        assert await hits(helpdesk.agent, search) == [1], search
    for search in ("Müller", "muller", "peter mül", "Mueller", "mülller"):
        assert await hits(helpdesk.agent, search) == [2], search
    for search in ("Wisniewska", "Wiśniewska", "katarzina", "wisniewski"):
        assert await hits(helpdesk.agent, search) == [3], search
    assert await hits(helpdesk.agent, "O'Neill") == [4]
    assert await hits(helpdesk.agent, "zebra") == []


async def test_a_name_that_is_there_as_typed_is_no_typo_of_another(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await named(helpdesk, "Eva Meier", "Eva Meyer", "Eva Maier")

    assert await hits(helpdesk.agent, "meyer") == [2]
    assert await hits(helpdesk.agent, "meyer eva") == [2]
    assert await hits(helpdesk.agent, "meyr") == [2]


async def test_assignees_are_found_by_staff_only(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    (ticket,) = await tickets(helpdesk, ("Hello", "There."))
    world = helpdesk.world
    mira = await world.member(Role.AGENT, "Mira Quandt")
    await helpdesk.agent.assign_ticket(ticket_id=ticket, assignee_id=encode("usr", mira.user_id or world.id))

    assert await hits(helpdesk.agent, "quandt") == [1]
    assert await hits(helpdesk.analyst, "qandt") == [1]
    assert await hits(helpdesk.customer, "quandt") == []
    assert await best(helpdesk.customer, "quandt") == []


async def test_somebody_who_requests_and_works_on_tickets_is_found_in_both(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    mira = await world.member(Role.AGENT, "Mira Quandt")
    first, second, _ = await tickets(helpdesk, ("a", "b"), ("Quandt", "says hello"), ("c", "Mira Quandt"))
    await helpdesk.agent.assign_ticket(ticket_id=first, assignee_id=encode("usr", mira.user_id or world.id))
    assert second

    assert await hits(helpdesk.agent, "mira quandt") == [1, 3]
    # Who bears the name comes before what merely mentions it.
    assert await best(helpdesk.agent, "mira quandt") == [1, 3]


async def test_tags_are_found_by_staff_only_in_spite_of_typos(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    first, second = await tickets(helpdesk, ("Hello", "There."), ("Hello", "There."))
    await helpdesk.agent.add_ticket_tags(ticket_id=first, tags=["vpn access"])
    await helpdesk.agent.create_ticket(input={"subject": "s", "body": "b", "tags": ["Warranty"]})

    assert await hits(helpdesk.agent, "vpn") == [1]
    assert await hits(helpdesk.agent, "acces") == [1]
    assert await hits(helpdesk.agent, "accses vpn") == [1]
    assert await hits(helpdesk.agent, "waranty") == [3]
    await helpdesk.agent.remove_ticket_tags(ticket_id=first, tags=["vpn access"])
    await helpdesk.agent.add_ticket_tags(ticket_id=second, tags=["vpn access"])
    assert await hits(helpdesk.agent, "vpn") == [2]
    assert await hits(helpdesk.customer, "vpn") == []
    assert await best(helpdesk.customer, "vpn") == []
