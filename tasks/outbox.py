"""Where mail goes: a folder, a file for each."""

from __future__ import annotations

import asyncio
import os
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from models.fields import new_id


class Outbox:
    """A folder of mails. One that is sent again, under the same Message-ID, is still one file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, mail: EmailMessage) -> None:
        """Put a mail into the folder, whole or not at all."""
        await asyncio.to_thread(self._write, mail)

    def _write(self, mail: EmailMessage) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = sha256(mail["Message-ID"].encode()).hexdigest()[:32]
        path = self._folder / f"{parsedate_to_datetime(mail['Date']):%Y%m%dT%H%M%SZ}-{name}.eml"
        unfinished = self._folder / f".{new_id().hex}"
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(mail.as_bytes())
        unfinished.replace(path)
