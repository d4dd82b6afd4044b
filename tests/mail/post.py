"""Mail as it arrives: read back from the outbox's files."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path

from models.settings import Settings
from tasks.leases import Terms
from tasks.mail.carrying import Carrier
from tasks.reactions import REACTIONS, Reactions
from tests.tasks.parts import DEFAULT_TERMS, Worker, worker_of
from tests.world import World


def mailing(*names: str) -> Reactions:
    """The table, cut down to reactions of these names."""
    found = {fact: tuple(spec for spec in specs if spec.name in names) for fact, specs in REACTIONS.items()}
    return {fact: specs for fact, specs in found.items() if specs}


def postman(
    world: World,
    folder: Path,
    *names: str,
    settings: Settings | None = None,
    smtp: Carrier | None = None,
    terms: Terms = DEFAULT_TERMS,
) -> Worker:
    """A worker that runs these reactions, and hands mail over to a server or puts it below the folder."""
    chosen = replace(settings or Settings(), folder=folder)
    return worker_of(world.database, mailing(*names), terms=terms, settings=chosen, smtp=smtp)


async def again(world: World) -> None:
    """Make all reactions of the organization due once more, as after a worker that died before it was done."""
    await world.database.execute(
        "UPDATE support_reaction SET status = 'due', finished_at = NULL, leased_until = NULL, due_at = created_at"
        " WHERE organization_id = $1",
        world.id,
    )


def read(raw: bytes) -> EmailMessage:
    """A mail of these bytes."""
    mail = message_from_bytes(raw, policy=SMTPUTF8)
    assert isinstance(mail, EmailMessage)
    return mail


async def mails(world: World, folder: Path) -> list[EmailMessage]:
    """The organization's mails in the outbox, oldest first."""
    slug = await world.database.fetchval("SELECT slug FROM support_organization WHERE id = $1", world.id)
    return [read(path.read_bytes()) for path in sorted(folder.glob(f"outbox/{slug}/*.eml"))]


def plain(mail: EmailMessage) -> str:
    """A mail's text."""
    return _body(mail, "plain")


def html(mail: EmailMessage) -> str:
    """A mail's HTML."""
    return _body(mail, "html")


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    content: str = part.get_content()
    return content
