"""The `helpdesk` command."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer
import uvloop
from rich.console import Console
from rich.markup import escape

from graphql_api.event_export import json_lines
from graphql_api.schema import sdl
from graphql_api.types.scalars import read_instant, write_instant
from helpdesk import importing, reacting, starting, verifying
from helpdesk.house import database_address, migrated_database
from helpdesk.postgres import EmbeddedPostgresError
from helpdesk.postgres_rights import die_with_parent
from models.actors import Actor, Role
from models.database import Database
from models.errors import HelpdeskError
from models.migrate import migrate as migrate_database
from models.settings import Settings, SettingsError
from rag.embedding import TokenizerMissing
from resolvers.audit import EventFilter, whole_export
from resolvers.mail_domains import verify_mail_domain
from resolvers.members import Founded, found_organization
from resolvers.organizations import every_slug, member_token, organization_by_slug
from resolvers.quota import QuotaUse, quota_use, set_ticket_quota
from resolvers.sla_defaults import Given, give_sla_defaults

SCHEMA_FILE = Path(__file__).parent.parent / "schema.graphql"

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A helpdesk server.", pretty_exceptions_enable=False)
schema_app = typer.Typer(no_args_is_help=True, help="The GraphQL schema as text.")
import_app = typer.Typer(no_args_is_help=True, help="Bring in what other systems hold.")
organization_app = typer.Typer(no_args_is_help=True, help="Tenants.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
sla_app = typer.Typer(no_args_is_help=True, help="Service levels.")
events_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
reactions_app = typer.Typer(no_args_is_help=True, help="What follows events, and what has failed for good.")
app.add_typer(schema_app, name="schema")
app.add_typer(import_app, name="import")
app.add_typer(organization_app, name="organization")
app.add_typer(token_app, name="token")
app.add_typer(events_app, name="events")
app.add_typer(sla_app, name="sla")
app.add_typer(reactions_app, name="reactions")
told = Console(stderr=True)

Json = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON.")]
Organization = Annotated[str, typer.Option(help="The organization's slug.")]


def main() -> None:
    """Run the command; what people can mend ends in one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    # Before the server takes the signals over, and for every other command: leave in order.
    signal.signal(signal.SIGTERM, _stop)
    try:
        app()
    except (SettingsError, EmbeddedPostgresError, TokenizerMissing, HelpdeskError, OSError) as error:
        fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _stop(_number: int, _frame: object) -> NoReturn:
    raise SystemExit(143)


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


@app.command()
def up(
    demo: Annotated[bool, typer.Option(help="Write the demo data into an empty database.")] = True,
) -> None:
    """Start everything in one process: PostgreSQL, server, tasks. Ctrl-C stops it."""
    chosen = settings()
    if "MAKELEVEL" in os.environ:
        # Started by make: a make that is killed must not leave a server behind.
        die_with_parent(signal.SIGTERM)()
    starting.forget_last_start(chosen)
    with database_address(chosen) as address:
        run(starting.up(chosen, address, say, demo=demo))


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    tasks: Annotated[bool, typer.Option(help="Work through reactions in this process too.")] = False,
) -> None:
    """Serve the API on HELPDESK_PORT."""
    chosen = settings()
    with database_address(chosen) as address:
        run(starting.serve_api(chosen, address, host, tasks=tasks, told=say))


@app.command()
def worker() -> None:
    """Work through reactions: drafts, indexing."""
    chosen = settings()
    with database_address(chosen) as address:
        run(starting.work(chosen, address, say))


@app.command()
def migrate() -> None:
    """Bring the database to the current tables."""
    with database_address(settings()) as address:
        run(migrate_database(address))
    say("The database is up to date.")


@schema_app.command("export")
def schema_export(path: Annotated[Path, typer.Argument(help="Where to write it.")] = SCHEMA_FILE) -> None:
    """Write the schema as text."""
    path.write_text(sdl(), encoding="utf-8")


@schema_app.command("check")
def schema_check() -> None:
    """Fail if schema.graphql is not the schema of this code."""
    if not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text(encoding="utf-8") != sdl():
        fail("schema.graphql is out of date: run `helpdesk schema export` and commit it.")


@organization_app.command("create")
def organization_create(
    name: Annotated[str, typer.Argument(help="What it is called.")],
    slug: Annotated[str, typer.Option(help="Its name for addresses and commands: a-z, 0-9, hyphens.")],
    timezone: Annotated[str, typer.Option(help="Its IANA time zone.")] = "UTC",
    admin: Annotated[str | None, typer.Option(help="The address of its first admin, who gets an invitation.")] = None,
    service_levels: Annotated[
        bool, typer.Option(help="Begin with a default policy and calendar; without, tickets have no clocks.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Found an organization. Prints its first admin's invitation, which is shown here only."""

    async def create(database: Database) -> Founded:
        return await found_organization(database, name, slug, timezone, admin, service_levels=service_levels)

    founded = _with_database(create)
    invitation = founded.invitation
    if as_json:
        invited = invitation and {"token": invitation.token, "expiresAt": write_instant(invitation.expires_at)}
        print(json.dumps({"slug": slug, "invitation": invited}))
        return
    say(f"Created {slug}.")
    if invitation:
        say(f"The invitation of {escape(admin or '')}, good once and until {write_instant(invitation.expires_at)}:")
        print(invitation.token)


@organization_app.command("quota")
def organization_quota(
    slug: Annotated[str, typer.Argument(help="The organization's slug.")],
    tickets: Annotated[str, typer.Argument(help="How many tickets it may open a calendar month; `none`: any number.")],
    as_json: Json = False,
) -> None:
    """Set an organization's quota of tickets, and say how much of it is used."""
    limit = _quota(tickets)

    async def set_quota(database: Database) -> QuotaUse:
        found = await organization_by_slug(database, slug)
        actor = Actor.system(database, found.id)
        await set_ticket_quota(actor, limit)
        return await quota_use(actor, database.fetch)

    use = _with_database(set_quota)
    resets_at = write_instant(use.resets_at)
    if as_json:
        print(json.dumps({"slug": slug, "used": use.used, "limit": use.limit, "resetsAt": resets_at}))
    elif use.limit is None:
        say(f"{slug} may open any number of tickets; {use.used:,} this month.")
    else:
        say(f"{slug} has opened {use.used:,} of {use.limit:,} tickets this month; the next begins at {resets_at}.")


@organization_app.command("verify-domain")
def organization_verify_domain(
    slug: Annotated[str, typer.Argument(help="The organization's slug.")],
    domain: Annotated[str, typer.Argument(help="Its domain, such as example.com; `none`: no domain is verified.")],
    as_json: Json = False,
) -> None:
    """Let an organization's mail come from its own address, once your mail server may send for the domain (SPF, DKIM).

    Until then its address is where answers go, and mail comes from HELPDESK_FROM_EMAIL.
    """
    verified = None if domain == "none" else domain

    async def verify(database: Database) -> bool:
        found = await organization_by_slug(database, slug)
        return await verify_mail_domain(Actor.system(database, found.id), verified)

    used = _with_database(verify)
    if as_json:
        print(json.dumps({"slug": slug, "domain": verified, "used": used}))
    elif used:
        say(f"Mail of {slug} comes from its own address.")
    else:
        say(f"Mail of {slug} comes from the deployment's address: its own is none, or at another domain.")


def _quota(text: str) -> int | None:
    if text == "none":
        return None
    if text.isascii() and text.isdigit():
        return int(text)
    raise typer.BadParameter("A quota is a number, or `none`.")


@sla_app.command("defaults")
def sla_defaults(
    organization: Annotated[str | None, typer.Option(help="The organization's slug; all where left out.")] = None,
    as_json: Json = False,
) -> None:
    """Give organizations of before service levels the default policy and calendar that new ones begin with.

    What an organization has chosen stays. Open tickets get clocks that count from their creation: old ones are late.
    """

    async def give(database: Database) -> dict[str, Given]:
        slugs = [organization] if organization else await every_slug(database)
        found = [await organization_by_slug(database, slug) for slug in slugs]
        return {each.slug: await give_sla_defaults(Actor.system(database, each.id)) for each in found}

    given = _with_database(give)
    if as_json:
        print(json.dumps({slug: asdict(each) for slug, each in given.items()}))
        return
    for slug, each in given.items():
        names = [name for name, lacked in asdict(each).items() if lacked]
        say(f"{slug}: {' and '.join(names) or 'nothing'} added.")


@token_app.command("create")
def token_create(
    organization: Organization,
    email: Annotated[str, typer.Option(help="The member's address; a new member is made of an unknown one.")],
    role: Annotated[Role, typer.Option(help="The role of a new member.")] = Role.AGENT,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
) -> None:
    """Print a new API token of a member."""

    async def create(database: Database) -> str:
        found = await organization_by_slug(database, organization)
        return await member_token(database, found.id, email, role, name)

    print(_with_database(create))


@events_app.command("export")
def events_export(
    organization: Organization,
    since: Annotated[str | None, typer.Option("--from", help="Recorded at or after: 2026-11-23T17:50:00Z.")] = None,
    before: Annotated[str | None, typer.Option(help="Recorded before: 2026-11-24T00:00:00Z.")] = None,
) -> None:
    """Print everything that was recorded in an organization, oldest first: JSON Lines, as eventsExport spells them."""
    wanted = EventFilter(recorded_from=_instant(since), recorded_before=_instant(before))

    async def export(database: Database) -> None:
        found = await organization_by_slug(database, organization)
        async for rows in whole_export(Actor.system(database, found.id), wanted):
            sys.stdout.write(json_lines(rows))

    _with_database(export)


@sla_app.command("verify")
def sla_verify(
    organization: Annotated[str | None, typer.Option(help="The organization's slug; all of them if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Tell each ticket's events again and compare its stored clocks with what follows; exit code 1 on a difference."""
    outcome = _with_database(lambda database: verifying.verify(database, organization, told))
    if as_json:
        print(json.dumps(outcome.as_json()))
    else:
        for line in outcome.lines():
            say(line)
        say(f"{outcome.tickets:,} tickets, {outcome.behind:,} with events yet to be followed.")
    if outcome.differences:
        raise typer.Exit(1)


OfOrganization = Annotated[str | None, typer.Option(help="The organization's slug; all where left out.")]
DeadLetters = Annotated[
    list[str] | None, typer.Argument(help="The ids, as `reactions dead` prints them; all where left out, with --all.")
]
Every = Annotated[bool, typer.Option("--all", help="All that are dead.")]


@reactions_app.command("dead")
def reactions_dead(organization: OfOrganization = None, as_json: Json = False) -> None:
    """List what has failed for good, the latest first."""
    rows = _with_database(lambda database: reacting.dead(database, organization))
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
    """Try again what has failed for good."""
    _deal_with(ids, every, organization, as_json, retry=True)


@reactions_app.command("discard")
def reactions_discard(
    ids: DeadLetters = None, every: Every = False, organization: OfOrganization = None, as_json: Json = False
) -> None:
    """Let be what has failed for good."""
    _deal_with(ids, every, organization, as_json, retry=False)


def _deal_with(ids: list[str] | None, every: bool, organization: str | None, as_json: bool, *, retry: bool) -> None:
    if bool(ids) is every:
        raise typer.BadParameter("Say which, by their ids, or --all: one of the two.")
    done = _with_database(lambda database: reacting.deal_with(database, ids or [], organization, retry=retry))
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
    """Have a reaction run for past events that it has not followed; workers do it after all else."""
    first, end = _instant(since), _instant(until)
    planned = _with_database(lambda database: reacting.run_past(database, name, organization, first, end, told))
    if as_json:
        print(json.dumps(planned))
        return
    for slug, count in planned.items():
        say(f"{slug}: {count:,} planned.")


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return read_instant(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@import_app.command("articles")
def import_articles(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder of .md or .mdx files.")],
    organization: Organization,
    as_json: Json = False,
) -> None:
    """Import a help centre and index it. What is unchanged stays untouched."""
    chosen = settings()
    with database_address(chosen) as address:
        outcome = run(importing.import_articles(chosen, address, folder, organization, told))
    _report(outcome, as_json)


@import_app.command("tickets")
def import_tickets(
    path: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A JSON Lines file, a ticket a line.")],
    organization: Organization,
    as_json: Json = False,
) -> None:
    """Import tickets at their true dates; nobody gets mail about them. A ticket imported before is passed over."""
    with database_address(settings()) as address:
        outcome = run(importing.import_tickets(address, path, organization, told))
    _report(outcome, as_json)


def _report(outcome: importing.Outcome, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(outcome)))
        return
    for place, reason in outcome.refused:
        say(f"[yellow]{escape(place)}[/yellow]: {escape(reason)}")
    say(f"{outcome.added} added, {outcome.changed} changed, {outcome.known} known, {len(outcome.refused)} refused.")


T = TypeVar("T")


def _with_database(work: Callable[[Database], Coroutine[Any, Any, T]]) -> T:
    """Run `work` on the deployment's database."""

    async def connected(address: str) -> T:
        async with migrated_database(address, connections=2) as database:
            return await work(database)

    with database_address(settings()) as address:
        outcome: T = run(connected(address))
        return outcome
