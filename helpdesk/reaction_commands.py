"""`helpdesk reactions`: what follows events, and what has failed for good."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.markup import escape

from helpdesk import reacting
from helpdesk.commands import Json, instant, say, told, with_database

reactions_app = typer.Typer(no_args_is_help=True, help="Background work that follows events, and dead letters.")

OfOrganization = Annotated[str | None, typer.Option(help="The organization's slug; all if left out.")]
DeadLetters = Annotated[
    list[str] | None, typer.Argument(help="The ids, as `reactions dead` prints them; or use --all.")
]
Every = Annotated[bool, typer.Option("--all", help="All that are dead.")]


@reactions_app.command("dead")
def reactions_dead(organization: OfOrganization = None, as_json: Json = False) -> None:
    """List what has failed for good, the latest first."""
    rows = with_database(lambda database: reacting.dead(database, organization))
    if as_json:
        print(json.dumps([reacting.as_json(row) for row in rows]))
        return
    for row in rows:
        say(escape(reacting.line(row)))
    say(f"{len(rows):,} dead.")


@reactions_app.command("retry")
def reactions_retry(
    ids: DeadLetters = None, every: Every = False, organization: OfOrganization = None, as_json: Json = False
) -> None:
    """Retry what has failed for good, with as many attempts as a new reaction."""
    _deal_with(ids, every, organization, as_json, retry=True)


@reactions_app.command("discard")
def reactions_discard(
    ids: DeadLetters = None, every: Every = False, organization: OfOrganization = None, as_json: Json = False
) -> None:
    """Discard what has failed for good: it is not retried."""
    _deal_with(ids, every, organization, as_json, retry=False)


def _deal_with(ids: list[str] | None, every: bool, organization: str | None, as_json: bool, *, retry: bool) -> None:
    if bool(ids) is every:
        raise typer.BadParameter("Say which, by their ids, or --all: one of the two.")
    done = with_database(lambda database: reacting.deal_with(database, ids or [], organization, retry=retry))
    if as_json:
        print(json.dumps(done))
    else:
        say(f"{len(done):,} {'to be tried again' if retry else 'discarded'}.")


@reactions_app.command("run")
def reactions_run(
    name: Annotated[str, typer.Argument(help="The reaction, such as `index_article`.")],
    organization: OfOrganization = None,
    since: Annotated[str | None, typer.Option(help="For events recorded at or after: 2026-11-23T17:50:00Z.")] = None,
    until: Annotated[str | None, typer.Option(help="For events recorded before: 2026-11-24T00:00:00Z.")] = None,
    as_json: Json = False,
) -> None:
    """Run a reaction for past events that it has not followed yet, after everything else that is due."""
    first, end = instant(since), instant(until)
    planned = with_database(lambda database: reacting.run_past(database, name, organization, first, end, told))
    if as_json:
        print(json.dumps(planned))
        return
    for slug, count in planned.items():
        say(f"{slug}: {count:,} planned.")
