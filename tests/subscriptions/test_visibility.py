"""Who may see an event: laws that hold for every actor and event, and that SQL reads the same table."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import cast
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.actors import Actor, ActorKind, Role
from models.database import Database
from models.log import Visibility
from models.recorded import RecordedEvent
from subscriptions.replay import read_now, read_organization
from subscriptions.visibility import may_see, visible_rows
from tests.subscriptions.parts import RESOLVED, record

ORGANIZATION, ME, YOU = UUID(int=1), UUID(int=2), UUID(int=3)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
STAFF = (Role.ADMIN, Role.AGENT, Role.ANALYST)


def actor(role: Role | None, user_id: UUID | None = ME) -> Actor:
    return Actor(cast(Database, None), ORGANIZATION, ActorKind.AGENT, user_id, role)


def event(visibility: Visibility, person_id: UUID | None) -> RecordedEvent:
    return RecordedEvent(
        UUID(int=9), ORGANIZATION, 1, RESOLVED, None, ActorKind.AGENT, None, visibility, person_id, NOW, NOW
    )


events = st.builds(event, st.sampled_from(Visibility), st.sampled_from([ME, YOU, None]))


@given(events)
def test_a_customer_sees_own_public_and_personal_events_only(event: RecordedEvent) -> None:
    public_or_personal = event.visibility in {Visibility.CUSTOMER, Visibility.PERSON}
    assert may_see(actor(Role.CUSTOMER), event) == (public_or_personal and event.person_id == ME)


@given(events, st.sampled_from(STAFF))
def test_staff_see_what_is_not_personal_or_for_admins_and_what_concerns_themselves(
    event: RecordedEvent, role: Role
) -> None:
    if event.visibility in {Visibility.CUSTOMER, Visibility.STAFF}:
        assert may_see(actor(role), event)
    elif event.visibility is Visibility.ADMIN:
        assert may_see(actor(role), event) == (role is Role.ADMIN or event.person_id == ME)
    else:
        assert may_see(actor(role), event) == (event.person_id == ME)


@given(events)
def test_a_personal_event_is_for_one_person(event: RecordedEvent) -> None:
    personal = replace(event, visibility=Visibility.PERSON)
    assert {may_see(actor(role), personal) for role in Role} == {event.person_id == ME}


@given(events, st.sampled_from([ME, None]))
def test_who_has_no_role_sees_nothing(event: RecordedEvent, user_id: UUID | None) -> None:
    assert not may_see(actor(None, user_id), event)


@given(events, st.sampled_from(Role))
def test_nobody_is_not_the_person_that_an_event_leaves_out(event: RecordedEvent, role: Role) -> None:
    nobodys = replace(event, visibility=Visibility.PERSON, person_id=None)
    assert not may_see(actor(role, user_id=None), nobodys)


@pytest.mark.parametrize("role", [*Role, None])
async def test_sql_reads_exactly_what_may_be_seen(database: Database, an_organization, role: Role | None) -> None:
    world = await an_organization()
    viewer = replace(world.agent, role=role)
    for visibility in Visibility:
        for person in (viewer, world.customer):
            seq = await record(world.agent, RESOLVED)
            await database.execute(
                "UPDATE support_event SET visibility = $1, person_id = $2 WHERE organization_id = $3 AND seq = $4",
                *(visibility, person.user_id, world.id, seq),
            )

    values: list[object] = [world.id]
    sql = (
        f"SELECT t.seq FROM support_event t WHERE t.organization_id = $1 AND {visible_rows(viewer, values)} ORDER BY 1"
    )
    chosen = [row["seq"] for row in await database.fetch(sql, *values)]

    everything = (await read_organization(database, world.id, 0, 500)).events
    assert chosen == [item.position.seq for item in everything if may_see(viewer, item.event)]
    assert (await read_now(database, viewer)).position.seq == (chosen[-1] if chosen else 0)
