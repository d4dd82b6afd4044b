"""The daily digest: at eight in the organization's zone, once, of what is unread by then"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from models.actors import Actor
from models.database import Database
from models.preferences import next_digest
from models.settings import Settings
from resolvers.preferences import turn_off_digest
from tasks.digests import DigestTimer
from tasks.worker import run_tasks
from tests.live.following import now
from tests.mail.post import html, mailing, mails, plain, postman
from tests.mutations.members import id_of
from tests.notifications.notices import choose, follow, user_id, write_on
from tests.notifications.test_notice_mails import address_of
from tests.tasks.parts import Clock, context_of, worker_of
from tests.world import Helpdesk, World

Make = Callable[[], Awaitable[Helpdesk]]
# By then it has been eight in any zone.
LATER = timedelta(days=2)


@pytest.fixture
def clock() -> Clock:
    """The time in `later`."""
    return Clock()


@pytest.fixture
async def later(database_url: str, clock: Clock) -> AsyncIterator[Database]:
    """The database at another time."""
    async with Database.connect(database_url, connections=5, clock=clock) as opened:
        yield opened


async def deliver(database: Database, world: World, folder: Path) -> None:
    """Have a worker send the digests that were begun."""
    worker = worker_of(database, mailing("mail_of_digest"), settings=Settings(folder=folder))
    await worker.step(Actor.system(database, world.id))


async def begun(world: World) -> list[tuple[object, int]]:
    """Whose digests were begun, of how many notifications."""
    rows = await world.database.fetch(
        "SELECT person_id, data FROM support_event WHERE organization_id = $1 AND type = 'DigestDue' ORDER BY seq",
        world.id,
    )
    return [(row["person_id"], row["data"]["notifications"]) for row in rows]


async def test_what_is_unread_comes_in_one_mail_once(
    a_helpdesk: Make, later: Database, clock: Clock, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    first, second = await helpdesk.ticket(subject="It  broke & fell"), await helpdesk.ticket(subject="Again")
    await choose(helpdesk.admin, "CUSTOMER_REPLY", mail="NONE")
    await choose(helpdesk.agent, "MENTION", mail="DIGEST", inApp=False)
    for ticket, body in ((first, "canary one"), (first, "canary two"), (second, "canary three")):
        await write_on(helpdesk, ticket, body, "customer")
        await follow(world)
    await write_on(helpdesk, second, "@agent canary", "admin", internal=True)
    await follow(world)

    assert await DigestTimer(world.database).turn() == 0
    clock.now += LATER
    await asyncio.gather(*(DigestTimer(later).turn() for _ in range(3)))
    for _ in range(2):
        await deliver(later, world, tmp_path)

    assert await begun(world) == [(user_id(world.agent), 4)]
    (mail,) = await mails(world, tmp_path)
    name = await world.database.fetchval("SELECT name FROM support_organization WHERE id = $1", world.id)
    assert (mail["To"], mail["Subject"]) == (await address_of(world, world.agent), f"{name}: requests to look at (2)")
    text = plain(mail).splitlines()
    assert text[: text.index("-- ")] == [
        "Hello Agent,",
        "",
        f"This happened to requests at {name} since you last looked:",
        "",
        "#2 Again",
        "  the customer wrote, you were mentioned",
        "",
        "#1 It broke & fell",
        "  the customer wrote (×2)",
        "",
    ]
    assert "#1 · It broke &amp; fell" in html(mail)
    assert "canary" not in plain(mail) + html(mail)
    link = str(mail["List-Unsubscribe"])
    assert link.startswith("<http")
    assert "/unsubscribe/" in link
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link.strip("<>") in plain(mail)


async def test_what_a_slow_clock_adds_a_moment_later_is_in_the_same(
    a_helpdesk: Make, later: Database, clock: Clock
) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.admin, "CUSTOMER_REPLY", mail="NONE")
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    clock.now = await world.database.fetchval(
        "SELECT max(digest_at) FROM support_notification WHERE organization_id = $1", world.id
    )
    for seconds in (0, 1):
        clock.now += timedelta(seconds=seconds)
        await DigestTimer(later).turn()
        assert await begun(world) == []
    # Here it is a day earlier still: this one is for the digest that is due there.
    await write_on(helpdesk, ticket, "Are you there?", "customer")
    await follow(world)

    clock.now += timedelta(seconds=1)
    await DigestTimer(later).turn()

    assert await begun(world) == [(user_id(world.agent), 2)]


async def test_what_was_read_is_in_none_and_nothing_is_no_mail(
    a_helpdesk: Make, later: Database, clock: Clock, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    await helpdesk.agent.mark_notifications_read(all=True)
    clock.now += LATER

    await DigestTimer(later).turn()
    await deliver(later, world, tmp_path)

    assert await begun(world) == [(user_id(world.admin), 1)]
    (mail,) = await mails(world, tmp_path)
    assert mail["To"] == await address_of(world, world.admin)


async def test_whoever_turns_it_off_gets_none_any_more(
    a_helpdesk: Make, later: Database, clock: Clock, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    system = Actor.system(world.database, world.id)
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    clock.now += LATER
    # The admin's is begun already, the agent's is not.
    assert await turn_off_digest(system, user_id(world.agent))
    await DigestTimer(later).turn()
    assert await turn_off_digest(system, user_id(world.admin))
    assert not await turn_off_digest(system, user_id(world.admin))

    await deliver(later, world, tmp_path)

    assert await begun(world) == [(user_id(world.admin), 1)]
    assert await mails(world, tmp_path) == []
    mine = "{ viewer { unreadNotifications preferences { notifications { kind mail } } } }"
    viewer = (await helpdesk.agent.query(mine))["viewer"]
    assert viewer["unreadNotifications"] == 1
    assert [each["mail"] for each in viewer["preferences"]["notifications"]] == [
        "IMMEDIATE",
        "NONE",
        *["IMMEDIATE"] * 4,
    ]


async def test_whoever_has_left_gets_none(a_helpdesk: Make, later: Database, clock: Clock) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    await world.database.execute(
        "UPDATE support_membership SET deactivated_at = now() WHERE organization_id = $1 AND role = 'agent'", world.id
    )
    clock.now += LATER

    await DigestTimer(later).turn()

    assert await begun(world) == [(user_id(world.admin), 1)]


async def test_a_worker_looks_by_itself(a_helpdesk: Make, later: Database, clock: Clock, tmp_path: Path) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    cursor = await now(helpdesk.agent)
    clock.now += LATER
    shown = "subscription($after: Cursor) { feed(after: $after) { __typename ... on DigestDue { notifications } } }"

    context = context_of(later, settings=Settings(folder=tmp_path))
    async with (
        run_tasks(context, reactions=mailing("mail_of_digest")),
        helpdesk.agent.subscription(shown, after=cursor) as feed,
    ):
        assert await feed.next() == {"__typename": "DigestDue", "notifications": 1}


@pytest.mark.parametrize(
    ("after", "zone", "at"),
    [
        ("2026-06-01T05:59:59+00:00", "Europe/Berlin", "2026-06-01T06:00:00+00:00"),
        ("2026-06-01T06:00:00+00:00", "Europe/Berlin", "2026-06-02T06:00:00+00:00"),
        # The night in which clocks are set back, and the one in which they are set forward.
        ("2026-10-24T20:00:00+00:00", "Europe/Berlin", "2026-10-25T07:00:00+00:00"),
        ("2026-03-28T20:00:00+00:00", "Europe/Berlin", "2026-03-29T06:00:00+00:00"),
        ("2026-06-01T22:00:00+00:00", "Asia/Kolkata", "2026-06-02T02:30:00+00:00"),
        ("2026-06-01T22:00:00+00:00", "UTC", "2026-06-02T08:00:00+00:00"),
        ("2026-06-01T23:00:00+00:00", "Pacific/Auckland", "2026-06-02T20:00:00+00:00"),
    ],
)
def test_eight_by_the_zones_clocks(after: str, zone: str, at: str) -> None:
    assert next_digest(datetime.fromisoformat(after), ZoneInfo(zone)) == datetime.fromisoformat(at).astimezone(UTC)


async def test_a_digest_that_quotes_somebody_who_is_erased_is_taken_back(
    a_helpdesk: Make, later: Database, clock: Clock, tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world, ticket = helpdesk.world, await helpdesk.ticket()
    await choose(helpdesk.admin, "CUSTOMER_REPLY", mail="NONE")
    await write_on(helpdesk, ticket, "Hello?", "customer")
    await follow(world)
    clock.now += LATER
    await DigestTimer(later).turn()
    await deliver(later, world, tmp_path)
    assert ["It broke" in plain(mail) for mail in await mails(world, tmp_path)] == [True]

    await helpdesk.admin.erase_person(user_id=id_of(world.customer))
    await postman(world, tmp_path, "forget_mail").step(Actor.system(world.database, world.id))

    assert await mails(world, tmp_path) == []
