"""Who may call what: the table of resolvers.access against the schema and against a running server"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

import pytest

from graphql_api.names import camel
from models.actors import Role
from resolvers.access import PERMITTED
from tests.access.calls import arguments, ask, caller, code_of, prepare, takes_after
from tests.access.documents import root_fields
from tests.access.things import Things, things_of
from tests.access.traces import traces
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]

# Operations of tasks and of the command line, which no client can name.
NOT_IN_THE_SCHEMA = {
    "record_suggestion",
    "set_ticket_quota",
    "give_sla_defaults",
    "import_tickets",
    "import_articles",
    "index_article",
    "move_due_tickets",
    "reckon",
    "reckon_due",
    "reckon_new",
    "left_behind",
    "verify_clocks",
    "recalculate",
    "survey_due",
    "record_survey",
    "is_being_told",
    "notify_of_alert",
    "notify_members",
    "notice_mails",
    "begin_digest",
    "digest_of",
    "digest_subscription",
    "turn_off_digest",
    "alert_mails",
    "mail_sender",
    "correspondence",
    "reply_told",
    "resolution_told",
    "queue_mails",
    "give_up_mails",
    "known_mails",
    "verify_mail_domain",
    "mark_mail_sent",
    "mark_mail_put_off",
    "mark_mail_failed",
}
# What somebody may do by a link that was sent to them.
BY_LINK = {"survey"}

# What even those may change who only read: what lets them in.
OF_ONESELF = {
    "sign_in",
    "sign_out",
    "accept_invitation",
    "create_api_token",
    "revoke_api_token",
    "mark_notifications_read",
    "update_preferences",
}

# What leaves no trace.
OF_THE_MOMENT = {"set_presence", "presence", "suggestion_progress"}


def snake(name: str) -> str:
    """`resolveTicket` -> `resolve_ticket`."""
    return re.sub("([A-Z])", r"_\1", name).lower()


def test_every_operation_of_the_schema_has_a_row() -> None:
    assert {snake(name) for name in root_fields()} == set(PERMITTED) - NOT_IN_THE_SCHEMA - BY_LINK
    assert {camel(snake(name)) for name in root_fields()} == set(root_fields())


def test_every_role_is_somebodys_and_nobody_writes_by_reading() -> None:
    for name in root_fields():
        assert PERMITTED[snake(name)]
        if root_fields()[name] == "mutation":
            assert Role.ANALYST not in PERMITTED[snake(name)] or snake(name) in OF_ONESELF
    for name in NOT_IN_THE_SCHEMA:
        assert not PERMITTED[name] & set(Role)


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_do_what_the_table_says_and_nothing_else(a_helpdesk: Make, role: Role) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    things: Things | None = None

    for name, kind in root_fields().items():
        permitted = role in PERMITTED[snake(name)]
        if takes_after(name) and permitted:
            # What comes is told in tests/live; here a cursor that can't be says that the role was no obstacle.
            things = things or await things_of(helpdesk, role=role)
            given = {**arguments(name, things), "after": "made up"}
            assert code_of(name, await ask(getattr(helpdesk, role.value), name, given)) == "INVALID_INPUT", name
            continue
        things = things or await things_of(helpdesk, role=role)
        await prepare(helpdesk, name, things)
        before = await traces(world.database, world.id)

        answer = await ask(await caller(helpdesk, name, role), name, arguments(name, things))

        assert code_of(name, answer) == (None if permitted else "NOT_ALLOWED"), (name, answer)
        unchanged = await traces(world.database, world.id) == before
        assert unchanged is (not permitted or kind == "query" or snake(name) in OF_THE_MOMENT), name
        if permitted and kind == "mutation":
            # What a call has changed is no longer what the next one needs.
            things = None
