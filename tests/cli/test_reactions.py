"""`helpdesk reactions`"""

from __future__ import annotations

import asyncio

import asyncpg

from graphql_api.ids import encode
from models.errors import NotFound
from models.fields import new_id
from tests.cli.running import answered, helpdesk

INSERT = """
INSERT INTO support_reaction
    (id, organization_id, event_id, name, status, attempts, due_at, error, created_at, finished_at)
SELECT $1, e.organization_id, e.id, $2, 'dead', 8, now(), 'OSError: no route', now(), now()
FROM support_event e JOIN support_organization o ON o.id = e.organization_id WHERE o.slug = $3
ORDER BY e.seq LIMIT 1 RETURNING event_id
"""


def an_organization(database_url: str) -> str:
    """A new one's slug; its first events are of its calendar and its policy."""
    slug = new_id().hex
    answered(database_url, "organization", "create", "Ours", "--slug", slug)
    return slug


def a_dead_letter(database_url: str, slug: str, name: str = "recalculate") -> tuple[str, str]:
    """A reaction to the organization's first event, and that event; their ids."""

    async def insert() -> tuple[str, str]:
        connection = await asyncpg.connect(database_url)
        key = new_id()
        event_id = await connection.fetchval(INSERT, key, name, slug)
        await connection.close()
        return encode("rct", key), encode("evt", event_id)

    return asyncio.run(insert())


def test_the_dead_are_listed(database_url: str) -> None:
    slug = an_organization(database_url)
    dead, event = a_dead_letter(database_url, slug)
    a_dead_letter(database_url, an_organization(database_url))

    (listed,) = answered(database_url, "reactions", "dead", "--organization", slug)
    told = helpdesk(database_url, "reactions", "dead", "--organization", slug)

    assert listed == {
        "id": dead,
        "organization": slug,
        "reaction": "recalculate",
        "eventId": event,
        "attempts": 8,
        "diedAt": listed["diedAt"],
        "error": "OSError: no route",
    }
    first, last = told.stderr.splitlines()
    assert first == f"{dead} {slug} recalculate: OSError: no route (8 attempts, died {listed['diedAt']})"
    assert last == "1 dead."


def test_one_is_tried_again_and_the_rest_discarded(database_url: str) -> None:
    slug = an_organization(database_url)
    retried, _ = a_dead_letter(database_url, slug)
    discarded, _ = a_dead_letter(database_url, slug, "another")

    assert answered(database_url, "reactions", "retry", retried) == [retried]
    assert answered(database_url, "reactions", "discard", "--all", "--organization", slug) == [discarded]

    assert answered(database_url, "reactions", "dead", "--organization", slug) == []
    trail = helpdesk(database_url, "events", "export", "--organization", slug).stdout
    assert trail.index("DeadLetterRetried") < trail.index("DeadLetterDiscarded")


def test_what_is_not_dead_is_not_found(database_url: str) -> None:
    slug = an_organization(database_url)
    dead, _ = a_dead_letter(database_url, slug)
    helpdesk(database_url, "reactions", "retry", dead)

    for unknown in (dead, "what"):
        refused = helpdesk(database_url, "reactions", "discard", unknown)
        assert isinstance(refused.exception, NotFound)
        assert str(refused.exception) == f"There is no such dead letter {unknown}."


def test_either_ids_or_all(database_url: str) -> None:
    for words in ((), ("rct_1", "--all")):
        refused = helpdesk(database_url, "reactions", "retry", *words)
        assert refused.exit_code == 2
        assert "Say which, by their ids, or --all" in refused.stderr


def test_a_reaction_is_planned_for_what_is_past_once(database_url: str) -> None:
    slug = an_organization(database_url)

    first = answered(database_url, "reactions", "run", "recalculate", "--organization", slug)
    again = answered(database_url, "reactions", "run", "recalculate", "--organization", slug)
    before = answered(
        database_url, "reactions", "run", "recalculate", "--organization", slug, "--until", "2020-01-01T00:00:00Z"
    )

    assert (first, again, before) == ({slug: 2}, {slug: 0}, {slug: 0})


def test_an_unknown_reaction_is_not_found(database_url: str) -> None:
    refused = helpdesk(database_url, "reactions", "run", "nothing")

    assert isinstance(refused.exception, NotFound)
    assert str(refused.exception) == "There is no such reaction 'nothing'."
