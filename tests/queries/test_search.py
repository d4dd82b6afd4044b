"""tickets(search:): words wherever they may stand, for those who may read them there"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from graphql_api.ids import decode, encode
from graphql_api.search import WALKED
from models.actors import Role
from models.organizations import Membership
from models.writer import organization_write
from resolvers.access import access
from tests.client import Client, GraphQLErrors
from tests.queries.many import many_tickets
from tests.queries.searches import BY_NUMBER, SEARCH, Make, best, hits, tickets
from tests.world import Helpdesk


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


async def test_numbers_that_no_ticket_has_are_words(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Serial", "It says 99999999999999999999 below."))

    assert await hits(helpdesk.agent, "99999999999999999999") == [1]
    assert await hits(helpdesk.agent, "#4711") == []
    assert await hits(helpdesk.agent, "0") == []


async def named(helpdesk: Helpdesk, *names: str) -> list[str]:
    """A ticket of a new customer of each name."""
    made = []
    for place, name in enumerate(names):
        address = {"email": f"somebody{place}@example.test", "name": name}
        wanted = {"subject": "Hello", "body": "There.", "on_behalf_of": address}
        made.append((await helpdesk.agent.create_ticket(input=wanted))["id"])
    return made


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


async def test_a_quoted_phrase_stands_as_it_is(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(
        helpdesk,
        ("Hello", "The blue screen of death."),
        ("Hello", "The screen is blue, to death."),
        ("Blue screens", "Two of them."),
    )

    assert await hits(helpdesk.agent, '"blue screen"') == [1]
    assert await hits(helpdesk.agent, "„blue screen“") == [1]
    assert await hits(helpdesk.agent, '"blue screen') == [1]
    assert await hits(helpdesk.agent, "blue screen") == [1, 2, 3]
    assert await hits(helpdesk.agent, '"screen is" death') == [2]


async def test_the_last_word_may_be_unfinished(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Subscription", "I want to cancel."), ("Substance", "What is in it?"))

    assert await hits(helpdesk.agent, "subs") == [1, 2]
    assert await hits(helpdesk.agent, "subsc") == [1]
    assert await hits(helpdesk.agent, "cancel sub") == [1]
    # Once a space or another word follows, it is finished.
    assert await hits(helpdesk.agent, "subs ") == []
    assert await hits(helpdesk.agent, "subs cancel") == []


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("All printers crashed.", "printer crash "),
        ("My printer is crashing.", "printers crashed "),
        ("Die Rechnungen sind falsch.", "rechnung "),
        ("Meine Rechnung ist falsch.", "rechnungen "),
        ("In der Straße gibt es Lärm.", "strasse larm "),
        ("Cafe at the corner", "café "),
        ("Gru\u0308\u00dfe aus Ko\u0308ln", "grüße köln "),
        ("Mail to jane.doe@example.test please", "jane.doe@example.test "),
        ("Mail to jane.doe@example.test please", "doe "),
        ("See https://example.test/help?page=4711 there", "4711 "),
        ("Error 0x80070005 in ABC-123/45", "abc-123 0x80070005 "),
        ("snake_case and wi-fi", "case wi-fi "),
        ("Это не работает", "РАБОТАЕТ "),
    ],
)
async def test_endings_accents_and_punctuation_are_forgiven(a_helpdesk: Make, said: str, asked: str) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Hello", said), ("Other", "Nothing of the kind."))

    assert await hits(helpdesk.agent, asked) == [1]


@pytest.mark.parametrize("search", [None, "", " ", "\t\n", "...", '"', '""', "!? & | :*", "'", "\\", "—", "😀"])
async def test_a_search_for_nothing_is_none(a_helpdesk: Make, search: str | None) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("One", "a"), ("Two", "b"))

    assert await hits(helpdesk.agent, search) == [1, 2]
    shown = (await helpdesk.agent.query(SEARCH, search=search, order={"field": "RELEVANCE"}))["tickets"]
    assert [each["number"] for each in shown["nodes"]] == [2, 1]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("x" * 201, "A search has at most 200 characters."),
        (" ".join("abcdefghijklm"), "A search has at most 12 words and phrases."),
    ],
)
async def test_a_search_that_is_too_long_is_refused(a_helpdesk: Make, search: str, message: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await hits(helpdesk.agent, search)

    (error,) = refusal.value.errors
    assert error["message"] == message
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["search"]}
    assert await hits(helpdesk.agent, "x" * 200) == []
    assert await hits(helpdesk.agent, " ".join("abcdefghijkl")) == []


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


ODD = (
    "& | ! <-> :* ( ) {} {0} $1 % _ -- ; NULL router #1 # ß İ ﬁ ² ½ ٣ e\u0301 \u0301 क् \u200b \ufeff 𝒓 1e400 -0 ' \" \\"
)
HOSTILE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200) | st.lists(
    st.sampled_from(ODD.split()), max_size=12
).map(" ".join)


@pytest.fixture
async def with_a_router(a_helpdesk: Make) -> Helpdesk:
    """One for all examples of a test."""
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Router", "a"))
    return helpdesk


@given(search=HOSTILE)
@example(search="'); DROP TABLE support_ticket; --")
@example(search="router' | ''")
@example(search="a:*b & !c")
@example(search="²")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_breaks_a_search(with_a_router: Helpdesk, search: str) -> None:
    for order in (None, BY_NUMBER):
        for by in (with_a_router.agent, with_a_router.customer):
            answer = (await by.post(SEARCH, search=search, order=order)).json()
            codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
            assert codes in ([], ["INVALID_INPUT"]), (search, answer)


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
    found = await date_pages(helpdesk.agent, "help", 60)
    assert found == list(range(WALKED + 22, 2, -1))
    assert await best(helpdesk.agent, "help", order=newest_first, first=None, last=3) == [5, 4, 3]


async def date_pages(by: Client, search: str, size: int) -> list[int]:
    """The numbers of all hits, newest first, page by page."""
    found: list[int] = []
    after = None
    while True:
        given_ = {"search": search, "order": {"field": "CREATED_AT"}, "first": size, "after": after}
        shown = (await by.query(SEARCH, **given_))["tickets"]
        found += [each["number"] for each in shown["nodes"]]
        if not shown["pageInfo"]["hasNextPage"]:
            return found
        after = shown["pageInfo"]["endCursor"]
