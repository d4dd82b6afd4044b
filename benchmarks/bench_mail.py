"""Mails a second: made, built and handed to a server on this machine, with and without the database.

    python -m benchmarks.bench_mail [--mails 1000] [--connections 4]

The server is aiosmtpd in a process of its own, which takes what it gets and keeps nothing. The database is made in a
folder that is removed again.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import typer
from aiosmtpd.smtp import SMTP

from helpdesk.house import knowledge_base, migrated_database, signed_links
from helpdesk.postgres import embedded_postgres
from models.actors import Actor, ActorKind, Role
from models.database import Database
from models.fields import new_id
from models.mail import MailKind, MailStatus, message_id
from models.recorded import RecordedEvent
from models.settings import Settings
from models.smtp_address import SmtpAddress, SmtpTls
from rag.markdown import to_html
from resolvers.correspondence import Correspondence, Recipient, Sender
from resolvers.mail import QueuedMail
from resolvers.messages import NewMessage, add_message
from resolvers.organizations import add_member, create_organization
from resolvers.tickets import NewTicket, create_ticket
from tasks.context import TaskContext
from tasks.mail.carrying import Parcel
from tasks.mail.envelopes import message
from tasks.mail.letters import Answer, Letter, agent_reply
from tasks.mail.reactions import mail_of_reply
from tasks.mail.smtp import SmtpPool
from tasks.mail.templates import template

BODY = "Hello Nora,\n\nplease hold **both** buttons for ten seconds:\n\n1. Unplug it.\n2. Hold.\n\nBest regards\n" * 4


class Taker:
    """Takes all mail and forgets it."""

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        """The end of DATA."""
        return "250 OK"


def take_mail(listener: socket.socket) -> None:
    """Be a mail server until killed."""

    async def serve() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: SMTP(Taker(), hostname="sink.test"), sock=listener)
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def a_server() -> Iterator[SmtpAddress]:
    """A mail server in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = multiprocessing.get_context("fork").Process(target=take_mail, args=[listener], daemon=True)
        process.start()
        try:
            yield SmtpAddress("127.0.0.1", listener.getsockname()[1], SmtpTls.OFF)
        finally:
            process.terminate()
            process.join()


def a_letter() -> Letter:
    """An answer of ordinary length."""
    sender = Sender(new_id(), "ours", "Kilowick Energy", "en", "Europe/London", "hi@ours.test", "Kilowick", None)
    ticket = Correspondence(sender, Recipient(new_id(), "Nora", "nora@example.test"), new_id(), 7, "It blinks red")
    return agent_reply(ticket, Answer(BODY, to_html(BODY)))


def a_parcel(letter: Letter) -> Parcel:
    """The letter in its envelope."""
    kept = message_id(new_id(), MailKind.AGENT_REPLY, letter.recipient.id, "localhost")
    mail = QueuedMail(new_id(), letter.kind, letter.recipient.id, kept, MailStatus.QUEUED, datetime.now(UTC))
    return Parcel(
        "ours", mail.id, message(letter, mail, Settings()).as_bytes(), "support@localhost", "nora@example.test"
    )


def told(what: str, many: int, begun: float) -> None:
    """A line of the report."""
    seconds = perf_counter() - begun
    print(f"{what:58} {1000 * seconds / many:8.2f} ms each {many / seconds:8.0f} a second")


async def spread(work: Callable[[], Awaitable[object]], many: int, at_once: int) -> None:
    """Do something so many times, some of them at once."""
    left = iter(range(many))

    async def one() -> None:
        for _ in left:
            await work()

    await asyncio.gather(*(one() for _ in range(at_once)))


async def sent(address: SmtpAddress, many: int, connections: int) -> None:
    """Hand over one mail that is built already."""
    parcel = a_parcel(a_letter())
    async with SmtpPool.open(address, connections, 30) as pool:
        await pool.send(parcel)
        begun = perf_counter()
        await spread(lambda: pool.send(parcel), many, connections)
        told(f"handed over by {connections} connections", many, begun)


async def answers(database: Database, many: int) -> list[RecordedEvent]:
    """So many answers of an agent on a customer's ticket."""
    organization = await create_organization(database, "Ours", new_id().hex, service_levels=False)
    agent = await add_member(database, organization, Role.AGENT, "Ada", "ada@example.test")
    customer = await add_member(database, organization, Role.CUSTOMER, "Nora", "nora@example.test")
    by = Actor.member(database, organization, agent.id, Role.AGENT)
    asking = Actor.member(database, organization, customer.id, Role.CUSTOMER)
    ticket_id = await create_ticket(asking, NewTicket("It blinks red", "Please help."))
    for _ in range(many):
        await add_message(by, NewMessage(ticket_id, body=BODY))
    rows = await database.fetch(
        "SELECT * FROM support_event WHERE type = 'MessageAdded' AND actor_kind = $1 ORDER BY seq", ActorKind.AGENT
    )
    return [RecordedEvent.from_row(row) for row in rows]


async def reacted(address: SmtpAddress, folder: Path, many: int, connections: int) -> None:
    """The whole reaction to an agent's answer: read, made, kept, handed over, marked sent."""
    settings = Settings(folder=folder)
    with embedded_postgres(folder / "postgres", durable=True) as url:
        async with (
            migrated_database(url) as database,
            knowledge_base(settings, database) as knowledge,
            SmtpPool.open(address, connections, 30) as pool,
        ):
            context = TaskContext(database, knowledge, None, settings, signed_links(settings), pool)
            waiting = iter(await answers(database, many))
            at_once = 4 * connections
            begun = perf_counter()
            await spread(lambda: mail_of_reply(context, next(waiting)), many, at_once)
            told(f"whole reactions, {at_once} at once", many, begun)
            kept = await database.fetchval("SELECT count(*) FROM support_mail WHERE status = 'sent'")
            print(f"{kept:,} rows say that their mail was sent")


def main(mails: int = 1_000, connections: int = 4) -> None:
    """Print the figures."""
    template.cache_clear()
    begun = perf_counter()
    letter = a_letter()
    told("the first letter of its kind (imports and MJML)", 1, begun)
    begun = perf_counter()
    for _ in range(mails):
        a_letter()
    told("letters made, their Markdown too", mails, begun)
    begun = perf_counter()
    for _ in range(mails):
        a_parcel(letter)
    told("envelopes made, as bytes", mails, begun)
    with a_server() as address, TemporaryDirectory() as folder:
        asyncio.run(sent(address, mails, 1))
        asyncio.run(sent(address, mails, connections))
        asyncio.run(reacted(address, Path(folder), mails, connections))


if __name__ == "__main__":
    typer.run(main)
