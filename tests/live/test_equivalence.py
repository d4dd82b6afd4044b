"""Whoever follows the feed keeps what a fresh fetch shows: for every mutation, and everybody who watches"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from graphql_api.ids import encode
from models.actors import Role
from models.fields import new_id
from tests.access.calls import ask, caller, code_of
from tests.access.documents import ROOTS
from tests.access.things import things_of
from tests.client import Client, Feed
from tests.live.changes import CASES, Case, follow, promised
from tests.live.stores import (
    LISTS,
    NOT_LISTED,
    SINGLE,
    Store,
    differences,
    fetched,
    following,
    snapshot_of,
)
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


class Watcher:
    """Somebody with a store that follows the feed."""

    def __init__(self, name: str, by: Client, role: Role) -> None:
        self.name = name
        self.by = by
        self.role = role

    async def fetch(self) -> Store:
        """All that there is now."""
        return fetched(self.role, await self.by.query(snapshot_of(self.role)))


async def watchers_of(helpdesk: Helpdesk, client: Callable[[str], Client]) -> list[Watcher]:
    """One of each role, and a customer of whom nothing is told."""
    neighbour = client(await helpdesk.world.token_of(await helpdesk.world.member(Role.CUSTOMER, "Neighbour")))
    await neighbour.create_ticket(input={"subject": "Mine", "body": "It is mine."})
    own = [Watcher(role.value, getattr(helpdesk, role.value), role) for role in Role]
    return [*own, Watcher("neighbour", neighbour, Role.CUSTOMER)]


async def catch_up(store: Store, feed: Feed, cursor: str) -> list[str]:
    """Take events until the store is where the cursor is; their kinds."""
    kinds = []
    while store.cursor != cursor:
        event = await feed.next()
        kinds.append(event["__typename"])
        store.take(event)
    return kinds


def test_every_query_is_kept_or_explained() -> None:
    assert {*LISTS, *SINGLE, *NOT_LISTED} == set(ROOTS["query"].fields)


@pytest.mark.parametrize("case", CASES, ids=str)
async def test_events_make_of_what_was_known_what_is(
    a_helpdesk: Make, client: Callable[[str], Client], case: Case
) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk, role=case.by)
    given = await case.prepare(helpdesk, things)
    watchers = await watchers_of(helpdesk, client)
    by = await caller(helpdesk, case.name, case.by)
    async with AsyncExitStack() as stack:
        stores = [await each.fetch() for each in watchers]
        feeds = [
            await stack.enter_async_context(each.by.subscription(following(), after=store.cursor))
            for each, store in zip(watchers, stores, strict=True)
        ]

        answer = await ask(by, case.name, given)
        assert code_of(case.name, answer) is None, answer
        if case.before is promised:
            await follow(helpdesk)

        for each, store, feed in zip(watchers, stores, feeds, strict=True):
            if each.name == case.shuts_out:
                continue
            fresh = await each.fetch()
            kinds = await catch_up(store, feed, fresh.cursor)
            if not store.outdated:
                found = list(differences(store, fresh))
                if each.role is Role.CUSTOMER:
                    other = {key.split(":")[0] for key, _ in found}
                    assert other == case.untold if each.name == "customer" else other <= case.untold, found
                else:
                    assert not found, (each.name, kinds)


@pytest.mark.parametrize(("former", "later"), [(Role.ADMIN, Role.AGENT), (Role.AGENT, Role.ANALYST)])
async def test_whoever_gets_another_role_fetches_afresh_once(
    a_helpdesk: Make, client: Callable[[str], Client], former: Role, later: Role
) -> None:
    helpdesk = await a_helpdesk()
    things = await things_of(helpdesk)
    member = await helpdesk.world.member(former)
    by = client(await helpdesk.world.token_of(member))
    store = await Watcher("member", by, former).fetch()
    async with by.subscription(following(), after=store.cursor) as feed:
        await helpdesk.admin.change_member_role(user_id=encode("usr", member.user_id or new_id()), role=later.name)
        told = await feed.until(__typename="MemberChanged")
        store.take(told)
        assert store.outdated
        store = await Watcher("member", by, later).fetch()
        assert store.cursor == told["cursor"]

        await helpdesk.admin.create_api_token(input={"name": "Theirs", "role": "AGENT"})
        await helpdesk.agent.add_message(input={"ticket_id": things["tkt"], "body": "Hm.", "internal": True})

        fresh = await Watcher("member", by, later).fetch()
        assert "TokenChanged" not in await catch_up(store, feed, fresh.cursor)
    assert not store.outdated
    assert not list(differences(store, fresh))
