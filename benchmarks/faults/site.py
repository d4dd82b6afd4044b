"""What faults are done to: PostgreSQL, API, workers, SMTP server, chat model, and organizations with clients and
subscribers."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from uuid import UUID

import httpx

from benchmarks.faults.checker import UNSETTLED, mails_of, shown_to, verdict, wrongly_shown
from benchmarks.faults.children import Child
from benchmarks.faults.clients import Client, Ledger
from benchmarks.faults.cluster import Cluster
from benchmarks.faults.sink import Sink, a_sink
from benchmarks.faults.subscribers import Subscriber
from benchmarks.faults.vendor import ARTICLE, Vendor, a_vendor
from benchmarks.faults.waiting import until
from benchmarks.servers import free_port
from models.actors import Actor, Role
from models.database import Database
from models.fields import new_id
from models.migrate import migrate
from models.organizations import Membership
from resolvers.knowledge import import_articles
from resolvers.organizations import add_member, create_organization, member_token

DOMAIN = "faults.test"
# How long what follows may take once the faults are over: a lease, the rest after a fifth failure, and the work itself.
SETTLING = 900.0
# How many mails may be yet to come before paced clients wait, and how many a mutation brings, somewhat understated.
BEHIND = 60
MAILS_PER_MUTATION = 0.45


@dataclass
class Followed:
    """A subscriber and the place in the log that it began after."""

    subscriber: Subscriber
    after: int
    task: asyncio.Task[None]


@dataclass
class Tenant:
    """An organization whose clients have a ledger, and who follows it."""

    ledger: Ledger
    followed: list[Followed]


@dataclass
class Site:
    """All of it. `healthy` is set while neither the API nor the database is being hurt."""

    cluster: Cluster
    api: Child
    workers: Sequence[Child]
    sink: Sink
    vendor: Vendor
    http: httpx.AsyncClient
    url: str
    paced: bool = False
    tenants: list[Tenant] = field(default_factory=list)
    due: Mapping[str, datetime] = field(default_factory=dict)
    """The mails that were to come and since when, once that has been judged."""
    healthy: asyncio.Event = field(default_factory=asyncio.Event)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        folder: Path,
        *,
        workers: int = 1,
        lease: float | None = None,
        data: Path | None = None,
        durable: bool = True,
        **given: str,
    ) -> AsyncIterator[Site]:
        """Everything started but the workers. PostgreSQL is in `data`; `given` is for the environment."""
        port = free_port()
        async with AsyncExitStack() as stack:
            postgres = Cluster.running((data or folder) / "postgres", durable=durable)
            cluster = await stack.enter_async_context(postgres)
            await migrate(cluster.url)
            sink = await stack.enter_async_context(a_sink())
            vendor = await stack.enter_async_context(a_vendor())
            environment = {
                "DATABASE_URL": cluster.url,
                "HELPDESK_DATA": str(folder),
                "HELPDESK_PORT": str(port),
                "HELPDESK_SMTP_URL": f"smtp://127.0.0.1:{sink.port}?tls=off",
                "HELPDESK_FROM_EMAIL": f"support@{DOMAIN}",
                "HELPDESK_COST_PER_MINUTE": "1000000000",
                "HELPDESK_MAIL_CEILING": "1000000",
                "FAULTS_MODEL": str(vendor.port),
                **({"FAULTS_LEASE": str(lease)} if lease else {}),
                **given,
            }
            api = await stack.enter_async_context(Child.of(["serve"], b"Serving", environment, folder / "api.log"))
            made = [
                await stack.enter_async_context(
                    Child.of(["worker"], b"Working.", environment, folder / f"worker{number}.log")
                )
                for number in range(workers)
            ]
            url = f"http://127.0.0.1:{port}"
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, timeout=30))
            site = cls(cluster, api, made, sink, vendor, http, url)
            await site.api.start()
            site.healthy.set()
            yield site
            for tenant in site.tenants:
                for each in tenant.followed:
                    each.task.cancel()

    @property
    def worker(self) -> Child:
        """The first one."""
        return self.workers[0]

    async def in_order(self) -> None:
        """Come back once nothing is being hurt."""
        await self.healthy.wait()

    async def turn(self) -> None:
        """The same; and where clients are `paced`, once the worker has caught up with them to some degree."""
        await self.healthy.wait()
        if self.paced:
            allowed = self.acknowledged * MAILS_PER_MUTATION - BEHIND
            await self.sink.until(lambda: not self.paced or len(self.sink.times) >= allowed, SETTLING)

    async def tenant(self, customers: int = 2) -> Tenant:
        """A new organization, followed by an agent and its first customer."""
        async with Database.connect(self.cluster.url, connections=2) as database:
            of = await create_organization(database, "Hurt", new_id().hex, service_levels=False)
            await import_articles(Actor.system(database, of), [ARTICLE])
            emails = tuple(f"{new_id().hex}@{DOMAIN}" for _ in range(customers))
            people = [await add_member(database, of, Role.CUSTOMER, "Nora", email) for email in emails]
            agent = await add_member(database, of, Role.AGENT, "Ada", f"{new_id().hex}@{DOMAIN}")
            token = await self._token(database, of, agent)
            followed = [await self._follow(database, of, person, person is agent) for person in (agent, people[0])]
        tenant = Tenant(Ledger(of, token, emails, told=self._told), followed)
        self.tenants.append(tenant)
        return tenant

    async def _token(self, database: Database, of: UUID, person: Membership) -> str:
        return await member_token(database, of, str(person.email), person.role, "faults")

    async def _follow(self, database: Database, of: UUID, person: Membership, staff: bool) -> Followed:
        token = await self._token(database, of, person)
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self.http.post("/graphql", json={"query": "{ feedCursor }"}, headers=headers)
        after = await database.fetchval("SELECT seq FROM support_event_counter WHERE organization_id = $1", of)
        cursor = answer.json()["data"]["feedCursor"]
        subscriber = Subscriber(of, person.id, staff, self.url, token, cursor, self.in_order)
        return Followed(subscriber, after, asyncio.create_task(subscriber.follow()))

    @property
    def acknowledged(self) -> int:
        """How many mutations so far."""
        return sum(tenant.ledger.acknowledged for tenant in self.tenants)

    def _told(self) -> None:
        self._news.set()

    async def reached(self, count: int) -> None:
        """Come back when so many mutations have been acknowledged."""
        while self.acknowledged < count:
            self._news.clear()
            await self._news.wait()

    @asynccontextmanager
    async def clients(self, tenants: Sequence[Tenant], each: int, seed: int) -> AsyncIterator[None]:
        """So many clients of each tenant send mutations while the block lasts; at its end all have their answers."""
        over = asyncio.Event()
        # Should one come upon what no fault explains, all ends.
        async with asyncio.TaskGroup() as group:
            for place, tenant in enumerate(tenants):
                for number in range(each):
                    name, chance = f"c{seed}x{place}x{number}", random.Random(f"{seed} {place} {number}")
                    client = Client(name, self.http, tenant.ledger, self.turn, chance)
                    group.create_task(client.work(over.is_set))
            try:
                yield
            finally:
                over.set()
                self.healthy.set()
                self.paced = False
                await self.sink.wake()

    async def judged(self, tenants: Sequence[Tenant], *, followed: bool, within: float = SETTLING) -> list[str]:
        """Every sentence that says what is wrong; `followed`: once all that follows has had its time."""
        found: list[str] = []
        async with Database.connect(self.cluster.url, connections=2) as database:
            if followed:
                await _settled(database, within)
            for tenant in tenants:
                found += tenant.ledger.odd
                found += (await verdict(database, tenant.ledger, followed=followed)).sentences
                for each in tenant.followed:
                    found += await missed(database, each, within)
            if followed:
                wanted = await mails_of(database, [tenant.ledger for tenant in tenants], DOMAIN)
                self.due = wanted
                await self.sink.until(lambda: wanted.keys() <= self.sink.received.keys(), within)
                found += posted(wanted, self.sink.received)
        return found


async def _settled(database: Database, within: float) -> None:
    """Come back when all reactions have come to an end, or should have."""

    async def settled() -> bool:
        return not await database.fetchval(UNSETTLED)

    await until(settled, within)


def posted(wanted: Collection[str], got: Collection[str]) -> list[str]:
    """What is wrong with the mails that came."""
    return [
        *(f"mail {id} did not come" for id in set(wanted) - set(got)),
        *(f"mail {id} was not to come" for id in set(got) - set(wanted)),
    ]


async def missed(database: Database, each: Followed, within: float) -> list[str]:
    """What is wrong with what a subscriber was shown."""
    subscriber = each.subscriber
    wanted = await shown_to(database, subscriber, each.after)
    await subscriber.until(len(wanted), within)
    who = f"the {'agent' if subscriber.staff else 'customer'} of {subscriber.organization_id}"
    found = [*subscriber.odd]
    # What reactions have recorded meanwhile came after.
    if subscriber.shown[: len(wanted)] != wanted:
        found.append(f"{who} was shown {len(subscriber.shown)} events, and not the {len(wanted)} there are")
    if not subscriber.staff:
        found += await wrongly_shown(database, subscriber, each.after)
    return found
