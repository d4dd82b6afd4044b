"""tickets(search:) page by page: by relevance frozen at the first page, in other orders from either end"""

from __future__ import annotations

import base64

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graphql_api.ids import decode, encode
from graphql_api.reading.relevance import HITS, RANKED_CURSOR_LIMIT, Frozen
from models.actors import Role
from models.errors import InvalidInput
from tests.client import Client, GraphQLErrors
from tests.queries.many import many_tickets
from tests.queries.searches import SEARCH, Make, best, pages, tickets


async def test_ranked_pages_from_either_end(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    for place in range(11):
        await tickets(helpdesk, ("Router" if place % 3 == 0 else "Hello", "A router. " * (place % 2 + 1)))
    whole = await best(helpdesk.agent, "router")
    shown = (await helpdesk.agent.query(SEARCH, search="router", first=100))["tickets"]
    cursors = [each["cursor"] for each in shown["edges"]]

    assert len(whole) == shown["totalCount"] == 11
    assert await pages(helpdesk.agent, "router", 3) == whole
    assert await pages(helpdesk.agent, "router", 4) == whole
    for place, cursor in enumerate(cursors):
        assert await best(helpdesk.agent, "router", after=cursor, first=3) == whole[place + 1 : place + 4]
        assert (
            await best(helpdesk.agent, "router", before=cursor, first=None, last=3) == whole[max(0, place - 3) : place]
        )
    assert await best(helpdesk.agent, "router", after=cursors[1], before=cursors[7]) == whole[2:7]
    assert await best(helpdesk.agent, "router", first=None, last=2) == whole[-2:]
    assert await best(helpdesk.agent, "router", first=0) == []


async def test_ranked_pages_hold_still_while_tickets_change(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = await tickets(
        helpdesk, *[("Router" if place % 2 else "Hello", "A router." + " So." * place) for place in range(12)]
    )
    (quiet,) = await tickets(helpdesk, ("Other", "Nothing."))
    whole = await best(helpdesk.agent, "router")
    id_of = {number: ids[number - 1] for number in whole}
    tag = {"tags": ["router"]}

    async def changes() -> None:
        """What would bring hits up and down, add some and take some away."""
        write = helpdesk.agent.add_message
        for number in (whole[0], whole[4], whole[8], whole[11]):
            await write(input={"ticket_id": id_of[number], "body": "router router router router"})
        for number in (whole[1], whole[5]):
            await helpdesk.agent.update_ticket(input={"ticket_id": id_of[number], "subject": "Something else"})
        for number in (whole[2], whole[10]):
            await helpdesk.agent.update_ticket(input={"ticket_id": id_of[number], "subject": "Router router"})
        for number in (whole[3], whole[9]):
            await helpdesk.agent.add_ticket_tags(ticket_id=id_of[number], **tag)
        await helpdesk.agent.resolve_ticket(ticket_id=id_of[whole[7]])
        await tickets(helpdesk, ("Router", "A new router."))
        await write(input={"ticket_id": quiet, "body": "The router after all."})

    async def more_changes() -> None:
        await helpdesk.agent.update_ticket(input={"ticket_id": id_of[whole[11]], "subject": "Router"})
        await helpdesk.agent.update_ticket(input={"ticket_id": id_of[whole[2]], "subject": "Nothing"})
        await helpdesk.agent.add_message(input={"ticket_id": id_of[whole[6]], "body": "router router"})

    found = await pages(helpdesk.agent, "router", 4, [changes, more_changes])

    assert found == whole
    # A search begun now shows what is new.
    assert sorted(await best(helpdesk.agent, "router")) == sorted([*whole, 13, 14])


async def test_a_ranked_list_holds_still_whatever_changes(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    mira = await world.member(Role.CUSTOMER, "Mira Quandt")
    made = await many_tickets(world, 150, at_once=70, requester=mira)
    # Nobody is called so: it is Mira, with a typo in it.
    whole = await best(helpdesk.agent, "Mirra", first=100)

    async def all_change_and_she_is_renamed() -> None:
        await world.database.execute(
            "UPDATE support_ticket SET subject = CASE WHEN number % 3 = 0 THEN 'Mirra' ELSE 'Other' END,"
            " updated_at = now(), version = version + 1 WHERE organization_id = $1",
            world.id,
        )
        await world.database.execute("UPDATE support_membership SET name = 'Somebody' WHERE id = $1", mira.user_id)

    async def somebody_is_called_just_so() -> None:
        namesake = await world.member(Role.CUSTOMER, "Mirra")
        await many_tickets(world, 120, at_once=60, requester=namesake)
        await helpdesk.agent.add_message(input={"ticket_id": encode("tkt", made[0].id), "body": "Mirra, Mirra"})

    found = await pages(helpdesk.agent, "Mirra", 40, [all_change_and_she_is_renamed, somebody_is_called_just_so])

    assert found == [ticket.number for ticket in reversed(made)]
    assert found[:100] == whole


async def test_a_ranked_list_ends_with_its_500_best(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    made = await many_tickets(helpdesk.world, HITS + 20, at_once=260)

    async def more_come() -> None:
        await many_tickets(helpdesk.world, 110, at_once=110)

    found = await pages(helpdesk.agent, "help", 100, [more_come, more_come])

    assert found == [ticket.number for ticket in reversed(made)][:HITS]


async def test_what_a_filter_no_longer_lets_through_stays_away_and_disturbs_nobody(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = await tickets(helpdesk, *[("Router", "a")] * 9)
    whole = await best(helpdesk.agent, "router")

    async def resolve() -> None:
        for number in (whole[0], whole[4], whole[7]):
            await helpdesk.agent.resolve_ticket(ticket_id=ids[number - 1])

    found = await pages(helpdesk.agent, "router", 3, [resolve], filter={"status": ["OPEN"]})

    assert found == [number for number in whole if number not in (whole[4], whole[7])]


async def test_what_its_reader_may_no_longer_see_stays_away_and_disturbs_nobody(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    ids = await tickets(helpdesk, *[("Router", "a")] * 7)
    whole = await best(helpdesk.customer, "router")
    other = await helpdesk.world.member(Role.CUSTOMER, "Somebody else")

    async def give_away() -> None:
        await helpdesk.world.database.execute(
            "UPDATE support_ticket SET requester_id = $2 WHERE id = $1",
            decode("tkt", ids[whole[3] - 1]),
            other.user_id,
        )

    found = await pages(helpdesk.customer, "router", 2, [give_away])

    assert found == [number for number in whole if number != whole[3]]


async def test_what_was_erased_meanwhile_is_shown_without_its_words(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    mira = await helpdesk.world.member(Role.CUSTOMER, "Mira Quandt")
    await many_tickets(helpdesk.world, 2, requester=mira)
    text = """query($after: String) { tickets(search: "quandt", first: 1, after: $after) {
        nodes { subject requester { name } messages { nodes { body } } } pageInfo { endCursor } } }"""
    after = (await helpdesk.agent.query(text))["tickets"]["pageInfo"]["endCursor"]

    assert (await helpdesk.admin.erase_person(user_id=encode("usr", mira.user_id or helpdesk.world.id)))[
        "messages"
    ] == 2

    (shown,) = (await helpdesk.agent.query(text, after=after))["tickets"]["nodes"]
    assert shown == {
        "subject": "(erased)",
        "requester": {"name": "Erased person"},
        "messages": {"nodes": [{"body": "(erased)"}]},
    }


async def test_cursors_of_other_searches_and_orders_are_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Router", "a"), ("Router", "b"))
    ranked = (await helpdesk.agent.query(SEARCH, search="router", first=1))["tickets"]["pageInfo"]["endCursor"]
    dated = (await helpdesk.agent.query(SEARCH, first=1))["tickets"]["pageInfo"]["endCursor"]
    await tickets(helpdesk, ("Router", "c"))
    later = (await helpdesk.agent.query(SEARCH, search="router", first=1))["tickets"]["pageInfo"]["endCursor"]

    for given_ in (
        {"search": "router", "after": dated},
        {"search": "switch", "after": ranked},
        {"search": "router", "after": ranked, "order": {"field": "CREATED_AT"}},
        {"after": ranked},
        {"search": "router", "after": ranked, "before": later},
        {"search": "router", "after": "A" * (RANKED_CURSOR_LIMIT + 1)},
    ):
        with pytest.raises(GraphQLErrors) as refusal:
            await helpdesk.agent.query(SEARCH, **given_)
        assert refusal.value.codes == ["INVALID_INPUT"]


async def test_a_ranked_cursor_of_an_earlier_release_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    values = ["relevance-a1b2c3d4", 1764000000000, False, 100, 7, 3, "ff"]
    cursor = base64.urlsafe_b64encode(orjson.dumps(values)).rstrip(b"=").decode()

    with pytest.raises(GraphQLErrors) as refusal:
        await helpdesk.agent.query(SEARCH, search="router", after=cursor)

    assert refusal.value.codes == ["INVALID_INPUT"]
    assert [error["message"] for error in refusal.value.errors] == ["This cursor is not of this list."]


@given(numbers=st.lists(st.integers(1, 2**31 - 1), min_size=1, max_size=HITS), data=st.data())
@settings(max_examples=50, deadline=None)
def test_a_cursor_holds_the_whole_list(numbers: list[int], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(numbers) - 1))
    sealed = Frozen.of(7, numbers).seal(place)

    frozen, found = Frozen.unseal(sealed, 7, "after")

    assert (list(frozen.numbers), found) == (numbers, place)
    assert len(sealed) <= RANKED_CURSOR_LIMIT
    with pytest.raises(InvalidInput):
        Frozen.unseal(sealed, 8, "after")


async def sealed(by: Client) -> bytes:
    """A cursor of the search for "router": 4 bytes of the search, 2 each of place and count, 1 of width, the list."""
    cursor = (await by.query(SEARCH, search="router", first=1))["tickets"]["pageInfo"]["endCursor"]
    return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))


def forged(known: bytes, place: int, count: int, width: int, packed: bytes) -> str:
    """A cursor of the same search that nobody gave."""
    head = known[:4] + place.to_bytes(2, "big") + count.to_bytes(2, "big") + width.to_bytes(1, "big")
    return base64.urlsafe_b64encode(head + packed).rstrip(b"=").decode()


async def test_a_ranked_cursor_of_nobodys_making_is_refused(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Router", "a"))
    known = await sealed(helpdesk.agent)
    assert known[4:] == bytes([0, 0, 0, 1, 1, 1])

    for cursor in (
        forged(known, 1, 1, 1, b"\x01"),
        forged(known, 0, 0, 1, b"\x00"),
        forged(known, 0, 501, 1, b"\x01" * 63),
        forged(known, 0, 65_535, 255, b"\xff" * 1_900),
        forged(known, 0, 1, 0, b""),
        forged(known, 0, 1, 32, b"\xff" * 4),
        forged(known, 0, 1, 1, b""),
        forged(known, 0, 1, 1, b"\x03"),
        forged(known, 0, 1, 2, b"\x01"),
        forged(known, 0, 2, 1, b"\x00\x03"),
        forged(known, 0, 1, 1, b"\x01") + "=",
        forged(known, 0, 1, 1, b"\x01")[:-1],
        "",
        "é",
        "AAAA",
    ):
        for place in ({"after": cursor}, {"before": cursor}, {"before": cursor, "first": None, "last": 3}):
            with pytest.raises(GraphQLErrors) as refusal:
                await helpdesk.agent.query(SEARCH, search="router", **place)
            assert refusal.value.codes == ["INVALID_INPUT"]


async def test_a_forged_list_shows_nothing_but_ones_own_tickets(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Router", "a"), ("Router", "b"))
    await helpdesk.agent.create_ticket(input={"subject": "Router", "body": "Not the customer's."})
    asked = int.from_bytes((await sealed(helpdesk.customer))[:4], "big")

    cursor = Frozen.of(asked, [2**31 - 1, 1, 3, 1, 2, 0]).seal(0)
    assert await best(helpdesk.customer, "router", after=cursor) == [1, 2]
    assert await best(helpdesk.customer, "router", before=Frozen.of(asked, [3, 2, 1]).seal(2), first=None, last=5) == [
        2
    ]
    assert await best(helpdesk.customer, "router", after=cursor, filter={"number": [2]}) == [2]


@pytest.mark.parametrize("field", ["CREATED_AT", "UPDATED_AT", "NUMBER"])
async def test_hits_by_date_are_paged_from_either_end(a_helpdesk: Make, field: str) -> None:
    helpdesk = await a_helpdesk()
    for place in range(9):
        await tickets(helpdesk, ("Router" if place % 2 == 0 else "Switch", "It blinks."))
    order = {"field": field, "direction": "ASC"}

    shown = (await helpdesk.agent.query(SEARCH, search="router", order=order, first=2))["tickets"]
    after = shown["pageInfo"]["endCursor"]

    assert await best(helpdesk.agent, "router", order=order) == [1, 3, 5, 7, 9]
    assert shown["pageInfo"]["hasNextPage"] is True
    assert await best(helpdesk.agent, "router", order=order, first=2, after=after) == [5, 7]
    assert await best(helpdesk.agent, "router", order=order, first=None, last=2) == [7, 9]
    assert await best(helpdesk.agent, "router", order=order, first=None, last=5, before=after) == [1]
