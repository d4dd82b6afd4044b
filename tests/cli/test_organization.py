"""`helpdesk organization`"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any

import asyncpg
import pytest

from models.database import Database, utc_now
from models.errors import Conflict, InvalidInput, NotFound
from models.fields import new_id
from resolvers.invitations import invited_member
from tests.cli.running import answered, helpdesk


def ask(work: Coroutine[Any, Any, Any]) -> Any:
    """The outcome, outside a running loop: the command runs one of its own."""
    return asyncio.run(work)


async def _fetchval(url: str, sql: str, *values: object) -> Any:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql, *values)
    finally:
        await connection.close()


async def _invited(url: str, token: str) -> Any:
    async with Database.connect(url) as database:
        return await invited_member(database, token)


def test_a_new_organization_prints_its_admins_invitation(database_url: str) -> None:
    slug = new_id().hex

    made = answered(database_url, "organization", "create", "Ours", "--slug", slug, "--admin", "Ada@Example.test")

    member = ask(_invited(database_url, made["invitation"]["token"]))
    assert (member.email, member.name, member.role.value) == ("ada@example.test", "ada", "admin")
    expires = datetime.fromisoformat(made["invitation"]["expiresAt"])
    assert timedelta(days=6, hours=23) < expires - utc_now() <= timedelta(days=7)
    # For people the token is all of standard output, the words around it are not.
    shown = helpdesk(database_url, "organization", "create", "Ours", "--slug", new_id().hex, "--admin", "a@b.test")
    assert ask(_invited(database_url, shown.stdout.strip())).email == "a@b.test"


def test_an_organization_needs_no_admin(database_url: str) -> None:
    slug = new_id().hex

    assert answered(database_url, "organization", "create", "Ours", "--slug", slug) == {
        "slug": slug,
        "invitation": None,
    }


def test_an_admin_without_an_address_leaves_no_organization(database_url: str) -> None:
    slug = new_id().hex

    refused = helpdesk(database_url, "organization", "create", "Ours", "--slug", slug, "--admin", "nobody")

    assert isinstance(refused.exception, InvalidInput)
    assert ask(_fetchval(database_url, "SELECT count(*) FROM support_organization WHERE slug = $1", slug)) == 0


def test_a_slug_is_taken_once(database_url: str) -> None:
    slug = new_id().hex
    answered(database_url, "organization", "create", "Ours", "--slug", slug)

    assert isinstance(helpdesk(database_url, "organization", "create", "Ours", "--slug", slug).exception, Conflict)


def test_a_quota_is_set_and_lifted(database_url: str) -> None:
    slug = new_id().hex
    answered(database_url, "organization", "create", "Ours", "--slug", slug)

    limited = answered(database_url, "organization", "quota", slug, "500")

    assert limited == {"slug": slug, "used": 0, "limit": 500, "resetsAt": limited["resetsAt"]}
    assert answered(database_url, "organization", "quota", slug, "none")["limit"] is None
    events = (
        "SELECT count(*) FROM support_event e JOIN support_organization o ON o.id = e.organization_id"
        " WHERE o.slug = $1 AND e.type = 'SettingsChanged' AND e.actor_kind = 'system'"
    )
    assert ask(_fetchval(database_url, events, slug)) == 2
    assert "of 7 tickets this month" in helpdesk(database_url, "organization", "quota", slug, "7").stderr


@pytest.mark.parametrize("tickets", ["-1", "many", "1.5", "٣"])
def test_a_quota_is_a_number_or_none(database_url: str, tickets: str) -> None:
    result = helpdesk(database_url, "organization", "quota", "anyone", "--", tickets)

    assert result.exit_code == 2
    assert "A quota is a number, or `none`." in result.stderr


def test_an_unknown_organization_has_no_quota(database_url: str) -> None:
    assert isinstance(helpdesk(database_url, "organization", "quota", new_id().hex, "5").exception, NotFound)


def test_mail_comes_from_a_domain_once_the_operator_says_so(database_url: str) -> None:
    slug = new_id().hex
    answered(database_url, "organization", "create", "Ours", "--slug", slug)
    ask(
        _fetchval(
            database_url,
            "UPDATE support_settings SET from_email = 'hi@ours.test' WHERE organization_id ="
            " (SELECT id FROM support_organization WHERE slug = $1)",
            slug,
        )
    )

    elsewhere = answered(database_url, "organization", "verify-domain", slug, "theirs.test")
    verified = answered(database_url, "organization", "verify-domain", slug, "Ours.test")
    undone = helpdesk(database_url, "organization", "verify-domain", slug, "none")

    assert elsewhere == {"slug": slug, "domain": "theirs.test", "used": False}
    assert verified == {"slug": slug, "domain": "Ours.test", "used": True}
    assert "comes from the deployment's address" in undone.stderr + undone.stdout
    changed = "SELECT count(*) FROM support_event e JOIN support_organization o ON o.id = e.organization_id"
    assert ask(_fetchval(database_url, f"{changed} WHERE slug = $1 AND type = 'SettingsChanged'", slug)) == 3
