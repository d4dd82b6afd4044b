"""Opens whatever carries mail away."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module

from models.settings import Settings
from tasks.mail.carrying import Carrier
from tasks.mail.outbox import Outbox


@asynccontextmanager
async def open_carrier(settings: Settings) -> AsyncIterator[Carrier]:
    """The server at HELPDESK_SMTP_URL, or else the outbox, until the block ends."""
    if settings.smtp_url is None:
        yield Outbox(settings.outbox_folder)
        return
    # The client takes 0.2 s to import, which whoever sends no mail should not wait for.
    smtp = import_module("tasks.mail.smtp")
    async with smtp.SmtpPool.open(
        settings.smtp_url, settings.smtp_connections, float(settings.smtp_timeout_seconds)
    ) as pool:
        yield pool
