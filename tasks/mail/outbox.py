"""Where mail goes while no server takes it: a folder for each organization, a file for each mail."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from models.database import utc_now
from models.fields import new_id
from resolvers.outbox import remove_older
from tasks.mail.carrying import Parcel

KEPT = timedelta(days=30)
TIDIED_EVERY = timedelta(hours=1)


class Outbox:
    """A folder of mails. One that is sent again is still one file. Files go after 30 days."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tidied = datetime.min.replace(tzinfo=UTC)

    async def send(self, parcel: Parcel) -> None:
        """Put a mail into the folder, whole or not at all."""
        await asyncio.to_thread(self._put, parcel)

    def _put(self, parcel: Parcel) -> None:
        self._write(parcel)
        now = utc_now()
        if now - self._tidied > TIDIED_EVERY:
            self._tidied = now
            remove_older(self._folder, now - KEPT)

    def _write(self, parcel: Parcel) -> None:
        folder = self._folder / parcel.organization
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = folder / f".{new_id().hex}"
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(parcel.content)
            unfinished.replace(self._path(parcel.organization, parcel.mail_id))
        except OSError:
            # Where there is no room, what each try leaves behind would take more of it.
            unfinished.unlink(missing_ok=True)
            raise

    def _path(self, organization: str, mail_id: UUID) -> Path:
        return self._folder / organization / f"{mail_id}.eml"
