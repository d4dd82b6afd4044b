"""Where mail goes while no server takes it: a folder for each organization, a file for each mail."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

from models.fields import new_id
from tasks.mail.transport import Parcel


class Outbox:
    """A folder of mails. One that is sent again is still one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, parcel: Parcel) -> None:
        """Put a mail into the folder, whole or not at all."""
        await asyncio.to_thread(self._write, parcel)

    async def remove(self, organization: str, mail_ids: Iterable[UUID]) -> None:
        """Take mails out of the folder, those that are there."""
        await asyncio.to_thread(self._remove, organization, mail_ids)

    def _remove(self, organization: str, mail_ids: Iterable[UUID]) -> None:
        for mail_id in mail_ids:
            self._path(organization, mail_id).unlink(missing_ok=True)

    def _write(self, parcel: Parcel) -> None:
        folder = self._folder / parcel.organization
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".{new_id().hex}"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(parcel.message.as_bytes())
        unfinished.replace(self._path(parcel.organization, parcel.mail_id))

    def _path(self, organization: str, mail_id: UUID) -> Path:
        return self._folder / organization / f"{mail_id}.eml"
