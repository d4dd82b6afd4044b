"""What must never be is refused by the database itself, whoever writes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from tests.world import Helpdesk


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("ticket", "status = 'lost'", "support_ticket_status_known"),
        ("ticket", "priority = 'huge'", "support_ticket_priority_known"),
        ("ticket", "number = 0", "support_ticket_number_positive"),
        ("ticket", "public_version = version + 1", "support_ticket_versions_ordered"),
        ("ticket", "public_message_count = message_count + 1", "support_ticket_counts_ordered"),
        ("ticket", "status = 'resolved', resolved_at = NULL", "support_ticket_resolved_has_a_time"),
        ("ticket", "status = 'closed', closed_at = NULL", "support_ticket_closed_has_a_time"),
        ("ticket", "subject = repeat('x', 301)", "support_ticket_subject_short"),
        ("ticket_message", "internal = true", "support_ticket_message_customers_write_openly"),
        ("ticket_message", "author_kind = 'ai'", "support_ticket_message_people_are_named"),
        ("ticket_message", "body = repeat('x', 50001)", "support_ticket_message_body_short"),
        ("event", "seq = 0", "support_event_seq_positive"),
        ("event", "person_id = NULL", "support_event_names_its_person"),
        ("event", "visibility = 'everybody'", "support_event_visibility_known"),
        ("settings", "auto_resolve_threshold = 1.5", "support_settings_threshold_is_a_probability"),
        ("settings", "reopen_window_days = -1", "support_settings_durations_not_negative"),
        ("membership", "role = 'king'", "support_membership_role_known"),
    ],
)
async def test_a_row_that_must_never_be(
    a_helpdesk: Callable[[], Awaitable[Helpdesk]], table: str, change: str, constraint: str
) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    with pytest.raises(asyncpg.CheckViolationError) as refused:
        await helpdesk.world.database.execute(
            f"UPDATE support_{table} SET {change} WHERE organization_id = $1", helpdesk.world.id
        )
    assert refused.value.constraint_name == constraint


async def test_a_number_is_given_once(a_helpdesk: Callable[[], Awaitable[Helpdesk]]) -> None:
    helpdesk = await a_helpdesk()
    await helpdesk.ticket()
    await helpdesk.ticket()
    with pytest.raises(asyncpg.UniqueViolationError):
        await helpdesk.world.database.execute(
            "UPDATE support_ticket SET number = 1 WHERE organization_id = $1", helpdesk.world.id
        )
