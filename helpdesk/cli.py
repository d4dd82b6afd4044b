"""The `helpdesk` command."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.markup import escape

from graphql_api.reading.event_export import json_lines
from graphql_api.schema import sdl
from graphql_api.types.scalars import write_instant
from helpdesk import importing, starting, verifying
from helpdesk.commands import Json, fail, instant, run, say, settings, told, with_database
from helpdesk.house import database_address
from helpdesk.postgres import EmbeddedPostgresError
from helpdesk.postgres_rights import die_with_parent
from helpdesk.reaction_commands import reactions_app
from models.actors import Actor, Role
from models.database import Database
from models.errors import HelpdeskError
from models.migrate import migrate as migrate_database
from models.settings import SettingsError
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
import_app = typer.Typer(no_args_is_help=True, help="Import articles and tickets of other systems.")
organization_app = typer.Typer(no_args_is_help=True, help="Organizations: the tenants.")
token_app = typer.Typer(no_args_is_help=True, help="API tokens.")
sla_app = typer.Typer(no_args_is_help=True, help="Service levels.")
events_app = typer.Typer(no_args_is_help=True, help="The audit trail.")
app.add_typer(schema_app, name="schema")
app.add_typer(import_app, name="import")
app.add_typer(organization_app, name="organization")
app.add_typer(token_app, name="token")
app.add_typer(events_app, name="events")
app.add_typer(sla_app, name="sla")
app.add_typer(reactions_app, name="reactions")

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
    """Work through reactions: mail, notifications, drafts, service levels, indexing."""
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
        bool, typer.Option(help="Start with a default policy and calendar; without, tickets have no clocks.")
    ] = True,
    as_json: Json = False,
) -> None:
    """Create an organization. Prints its first admin's invitation, which is shown only here."""

    async def create(database: Database) -> Founded:
        return await found_organization(database, name, slug, timezone, admin, service_levels=service_levels)

    founded = with_database(create)
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

    use = with_database(set_quota)
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

    used = with_database(verify)
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
    organization: Annotated[str | None, typer.Option(help="The organization's slug; all if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Give organizations older than service levels the default policy and calendar of new ones.

    What an organization has chosen stays. Open tickets get clocks that count from their creation: old ones are late.
    """

    async def give(database: Database) -> dict[str, Given]:
        slugs = [organization] if organization else await every_slug(database)
        found = [await organization_by_slug(database, slug) for slug in slugs]
        return {each.slug: await give_sla_defaults(Actor.system(database, each.id)) for each in found}

    given = with_database(give)
    if as_json:
        print(json.dumps({slug: asdict(each) for slug, each in given.items()}))
        return
    for slug, each in given.items():
        names = [name for name, lacked in asdict(each).items() if lacked]
        say(f"{slug}: {' and '.join(names) or 'nothing'} added.")


@token_app.command("create")
def token_create(
    organization: Organization,
    email: Annotated[str, typer.Option(help="The member's e-mail address; an unknown one becomes a new member.")],
    role: Annotated[Role, typer.Option(help="The role of a new member.")] = Role.AGENT,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
) -> None:
    """Print a new API token of a member."""

    async def create(database: Database) -> str:
        found = await organization_by_slug(database, organization)
        return await member_token(database, found.id, email, role, name)

    print(with_database(create))


@events_app.command("export")
def events_export(
    organization: Organization,
    since: Annotated[str | None, typer.Option("--from", help="Recorded at or after: 2026-11-23T17:50:00Z.")] = None,
    before: Annotated[str | None, typer.Option(help="Recorded before: 2026-11-24T00:00:00Z.")] = None,
) -> None:
    """Print an organization's audit trail, oldest event first, as JSON Lines in the format of eventsExport."""
    wanted = EventFilter(recorded_from=instant(since), recorded_before=instant(before))

    async def export(database: Database) -> None:
        found = await organization_by_slug(database, organization)
        async for rows in whole_export(Actor.system(database, found.id), wanted):
            sys.stdout.write(json_lines(rows))

    with_database(export)


@sla_app.command("verify")
def sla_verify(
    organization: Annotated[str | None, typer.Option(help="The organization's slug; all of them if left out.")] = None,
    as_json: Json = False,
) -> None:
    """Recompute all clocks from the log and compare them with the stored ones; exit code 1 if any differ."""
    outcome = with_database(lambda database: verifying.verify(database, organization, told))
    if as_json:
        print(json.dumps(outcome.as_json()))
    else:
        for line in outcome.lines():
            say(line)
        say(f"{outcome.tickets:,} tickets, {outcome.behind:,} with events yet to be followed.")
    if outcome.differences:
        raise typer.Exit(1)


@import_app.command("articles")
def import_articles(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False, help="A folder of .md or .mdx files.")],
    organization: Organization,
    as_json: Json = False,
) -> None:
    """Import a help centre and index it. Unchanged articles are left alone."""
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
    """Import tickets with their original dates; no mail is sent. Tickets imported before are skipped."""
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
