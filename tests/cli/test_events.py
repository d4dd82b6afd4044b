"""`helpdesk events export`"""

from __future__ import annotations

import json

from models.errors import NotFound
from models.fields import new_id
from tests.cli.running import answered, helpdesk


def test_the_whole_trail_is_printed_between_two_instants(database_url: str) -> None:
    slug = new_id().hex
    answered(database_url, "organization", "create", "Ours", "--slug", slug, "--admin", "ada@example.test")
    answered(database_url, "organization", "quota", slug, "5")

    printed = helpdesk(database_url, "events", "export", "--organization", slug)

    lines = [json.loads(line) for line in printed.stdout.splitlines()]
    assert [(line["type"], line["actorKind"]) for line in lines] == [
        ("BusinessCalendarChanged", "SYSTEM"),
        ("SlaPolicyChanged", "SYSTEM"),
        ("MemberChanged", "SYSTEM"),
        ("SettingsChanged", "SYSTEM"),
    ]
    last = lines[3]["recordedAt"]
    later = helpdesk(database_url, "events", "export", "--organization", slug, "--from", last)
    assert later.stdout.splitlines() == printed.stdout.splitlines()[3:]
    before = helpdesk(database_url, "events", "export", "--organization", slug, "--before", last)
    assert before.stdout.splitlines() == printed.stdout.splitlines()[:3]


def test_instants_have_an_offset(database_url: str) -> None:
    refused = helpdesk(database_url, "events", "export", "--organization", "x", "--from", "2026-11-23T17:50:00")

    assert refused.exit_code == 2
    assert "A DateTime needs an offset" in refused.stderr


def test_an_unknown_organization_has_no_trail(database_url: str) -> None:
    refused = helpdesk(database_url, "events", "export", "--organization", new_id().hex)

    assert isinstance(refused.exception, NotFound)
