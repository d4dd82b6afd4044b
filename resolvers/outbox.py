"""The outbox as admins read it while there is no mail server, and how its files go again."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTPUTF8
from pathlib import Path
from uuid import UUID

from models.actors import Actor
from models.errors import NotAllowed
from models.settings import Settings
from resolvers.access import operation


@dataclass(frozen=True, slots=True)
class PutMail:
    """What a file of the outbox holds."""

    subject: str
    text: str
    html: str
    raw: str


@operation
async def outbox(_actor: Actor, settings: Settings) -> Path:
    """The folder, where the operator lets admins read it: everybody's mail is in there, with all links."""
    if not settings.outbox_shown:
        raise NotAllowed("Mail is not shown here: the operator has not set HELPDESK_OUTBOX_SHOWN.")
    return settings.outbox_folder


def read_mail(folder: Path, mail_id: UUID) -> PutMail | None:
    """A mail's file; None where it is removed, or was never put here."""
    for path in files_of(folder, [mail_id]):
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            return None
        mail = message_from_bytes(raw, policy=SMTPUTF8)
        if isinstance(mail, EmailMessage):
            whole = raw.decode(errors="replace")
            return PutMail(str(mail["Subject"]), _part(mail, "plain"), _part(mail, "html"), whole)
    return None


def remove_mails(folder: Path, mail_ids: Iterable[UUID]) -> None:
    """Remove the files of these mails, where there are any."""
    for path in files_of(folder, mail_ids):
        path.unlink(missing_ok=True)


def remove_older(folder: Path, than: datetime) -> None:
    """Remove the files that were put there before that instant, also what a process that was killed had begun."""
    for path in [*folder.glob("*/*.eml"), *folder.glob("*/.*")]:
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < than.timestamp():
                path.unlink()


def mails_in(folder: Path, organization: str) -> list[UUID]:
    """The mails of which an organization's folder has files."""
    return [UUID(path.stem) for path in (folder / organization).glob("*.eml")]


def files_of(folder: Path, mail_ids: Iterable[UUID]) -> list[Path]:
    """Where the files of these mails are: each organization has a folder below."""
    organizations = [each for each in folder.glob("*") if each.is_dir()]
    return [path for mail_id in mail_ids for each in organizations if (path := each / f"{mail_id}.eml").exists()]


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    content: str = part.get_content() if part else ""
    return content.replace("\r\n", "\n")
