"""What all commands share: how they read their settings, run, and speak to people."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import uvloop
from rich.console import Console

from graphql_api.types.scalars import read_instant
from helpdesk.house import database_address, migrated_database
from models.database import Database
from models.settings import Settings

told = Console(stderr=True)
T = TypeVar("T")

Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]


def fail(sentence: str) -> NoReturn:
    """End with a sentence that says what is wrong and what to do."""
    told.print(sentence, style="red", highlight=False, markup=False, soft_wrap=True)
    sys.exit(1)


def settings() -> Settings:
    """The deployment's settings."""
    return Settings.from_environment(os.environ)


def run(work: Coroutine[Any, Any, Any]) -> Any:
    """Run to the end on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)


def say(line: str) -> None:
    """Progress, for people; a command's outcome goes to standard output."""
    told.print(line, highlight=False, soft_wrap=True)


def instant(text: str | None) -> datetime | None:
    """An instant as somebody typed it."""
    if text is None:
        return None
    try:
        return read_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def with_database(work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on the deployment's database."""

    async def connected(address: str) -> T:
        async with migrated_database(address, connections=2) as database:
            return await work(database)

    with database_address(settings()) as address:
        outcome: T = run(connected(address))
        return outcome
