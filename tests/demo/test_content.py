"""The demo's content agrees with itself: people, times, life cycle, help centres."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from helpdesk.demo.content import (
    AI,
    FOLDER,
    SYSTEM,
    Assigned,
    Closed,
    DemoMessage,
    DemoOrganization,
    DemoStep,
    DemoTicket,
    Reopened,
    Resolved,
    StatusSet,
    load_demo,
)
from models.actors import ActorKind, Role
from models.lifecycle import Mover, TicketStatus, advance, status_after_agent_message, status_after_customer_message
from resolvers.variables import VARIABLES, names_in

DEMO = load_demo()
MAKER, STUDIO = DEMO.organizations
TICKETS = [ticket for organization in DEMO.organizations for ticket in organization.tickets]

STAFF = {Role.ADMIN, Role.AGENT}
AUTO_CLOSE = timedelta(hours=72)
REOPEN_WINDOW = timedelta(days=14)

every_organization = pytest.mark.parametrize("organization", DEMO.organizations, ids=lambda each: each.slug)


def people(organization: DemoOrganization, *roles: Role) -> set[str]:
    return {person.email for person in organization.people if person.role in roles}


def test_both_organizations_are_of_the_promised_size() -> None:
    roles = [Counter(person.role for person in organization.people) for organization in DEMO.organizations]

    assert all(count[Role.ADMIN] >= 2 and count[Role.AGENT] >= 4 and count[Role.ANALYST] == 1 for count in roles)
    assert [count[Role.CUSTOMER] >= least for count, least in zip(roles, (25, 15), strict=True)] == [True, True]
    assert len(MAKER.tickets) >= 140 and len(STUDIO.tickets) >= 65
    assert len(MAKER.articles) >= 28 and len(STUDIO.articles) >= 12
    assert len(TICKETS) == len((FOLDER / "tickets.jsonl").read_text(encoding="utf-8").splitlines())


def test_nothing_is_named_twice() -> None:
    names = [
        [organization.slug for organization in DEMO.organizations],
        [person.email.casefold() for organization in DEMO.organizations for person in organization.people],
        [article.id for organization in DEMO.organizations for article in organization.articles],
        [ticket.id for ticket in TICKETS],
        *([category.name for category in organization.categories] for organization in DEMO.organizations),
        *([response.shortcut for response in organization.canned_responses] for organization in DEMO.organizations),
        *([tag.casefold() for tag in organization.tags] for organization in DEMO.organizations),
    ]

    assert [[name for name, times in Counter(group).items() if times > 1] for group in names] == [[]] * len(names)


def test_no_text_is_written_twice() -> None:
    texts = [text for ticket in TICKETS for text in (ticket.body, *(message.body for message in ticket.thread))]

    assert all(text.strip() for text in texts)
    assert [text for text, times in Counter(texts).items() if times > 1] == []


@every_organization
def test_organization_is_complete(organization: DemoOrganization) -> None:
    used = {variable for response in organization.canned_responses for variable in names_in(response.body)}

    assert ZoneInfo(organization.timezone).key == organization.timezone
    assert 6 <= len(organization.categories) <= 8 and all(category.description for category in organization.categories)
    assert 6 <= len(organization.canned_responses) <= 10
    assert used <= VARIABLES.keys() and {"requester.name", "ticket.number", "agent.name"} <= used


@every_organization
def test_articles_are_long_enough_to_answer_something(organization: DemoOrganization) -> None:
    words = {article.id: len(article.body.split()) for article in organization.articles}

    assert {name: count for name, count in words.items() if not 120 <= count <= 400} == {}
    assert all(article.category and article.section for article in organization.articles)
    assert {path.stem for path in (FOLDER / "articles" / organization.slug).iterdir()} == set(words)


@every_organization
def test_tickets_name_only_what_the_organization_has(organization: DemoOrganization) -> None:
    customers, staff = people(organization, Role.CUSTOMER), people(organization, *STAFF)

    for ticket in organization.tickets:
        assert ticket.requester in customers, ticket.id
        assert ticket.category in {category.name for category in organization.categories}, ticket.id
        assert set(ticket.tags) <= set(organization.tags), ticket.id
        assert ticket.assignee is None or ticket.assignee in staff, ticket.id
        for message in ticket.thread:
            assert (message.email in staff) == (message.author is ActorKind.AGENT), ticket.id
            assert not (message.internal and message.author is ActorKind.CUSTOMER), ticket.id
        for step in ticket.steps:
            assert step.by in {*staff, ticket.requester, AI, SYSTEM}, ticket.id
            assert not isinstance(step, Assigned) or step.to is None or step.to in staff, ticket.id


@every_organization
def test_every_customer_has_written_and_every_agent_has_answered(organization: DemoOrganization) -> None:
    answering = {message.email for ticket in organization.tickets for message in ticket.thread if message.email}

    assert {ticket.requester for ticket in organization.tickets} == people(organization, Role.CUSTOMER)
    assert people(organization, Role.AGENT) <= answering


def test_everything_happened_in_the_last_60_days_and_in_order() -> None:
    for ticket in TICKETS:
        assert timedelta(0) < ticket.age <= timedelta(days=60), ticket.id
        for entries in (ticket.thread, ticket.steps):
            moments = [entry.after for entry in entries]
            assert moments == sorted(moments), ticket.id
            assert all(timedelta(0) <= moment <= ticket.age for moment in moments), ticket.id


@every_organization
def test_every_status_occurs(organization: DemoOrganization) -> None:
    assert {ticket.status for ticket in organization.tickets} == set(TicketStatus)


@pytest.mark.parametrize("ticket", TICKETS, ids=lambda ticket: ticket.id)
def test_history_is_legal_and_ends_where_the_ticket_stands(ticket: DemoTicket) -> None:
    history = History(ticket)
    for entry in ticket.timeline():
        history.follow(entry)

    assert (history.status, history.assignee) == (ticket.status, ticket.assignee)
    assert history.status is not TicketStatus.RESOLVED or ticket.age <= history.finished_at + AUTO_CLOSE


class History:
    """Walks one ticket's timeline by the rules of the life cycle, and raises where a step breaks them."""

    def __init__(self, ticket: DemoTicket) -> None:
        self.ticket = ticket
        self.status = TicketStatus.OPEN
        self.assignee: str | None = None
        self.finished_at = timedelta(0)
        self.a_human_acted = False
        self.ai_spoke_at: timedelta | None = None

    def follow(self, entry: DemoMessage | DemoStep) -> None:
        if isinstance(entry, DemoMessage):
            self._hear(entry)
        else:
            self._take(entry)

    def _hear(self, message: DemoMessage) -> None:
        match message.author:
            case ActorKind.AGENT if not message.internal:
                self.a_human_acted = True
                self.status = status_after_agent_message(self.status)
            case ActorKind.CUSTOMER:
                self.a_human_acted = True
                assert self.status is not TicketStatus.CLOSED or message.after <= self.finished_at + REOPEN_WINDOW
                self.status = status_after_customer_message(
                    self.status, someone_active_assigned=self.assignee is not None
                )
            case ActorKind.AI if not message.internal:
                self.ai_spoke_at = message.after

    def _take(self, step: DemoStep) -> None:
        match step:
            case Assigned():
                assert step.to != self.assignee, "Assigned to whom it was assigned already."
                self.assignee = step.to
            case StatusSet():
                assert step.to not in {TicketStatus.RESOLVED, TicketStatus.CLOSED}
                self.status = advance(self._mover(step), self.status, step.to)
            case Reopened():
                self.status = advance(self._mover(step), self.status, TicketStatus.OPEN)
            case Resolved():
                self._resolve(step)
            case Closed():
                assert step.by != SYSTEM or step.after == self.finished_at + AUTO_CLOSE
                self.status = advance(self._mover(step), self.status, TicketStatus.CLOSED)
                self.finished_at = step.after

    def _resolve(self, step: Resolved) -> None:
        if step.by == AI:
            assert not self.a_human_acted, "The AI resolves only what no human has touched."
            assert self.ai_spoke_at == step.after, "The AI resolves with its answer."
        self.status = advance(self._mover(step), self.status, TicketStatus.RESOLVED)
        self.finished_at = step.after

    def _mover(self, step: DemoStep) -> Mover:
        if step.by == self.ticket.requester:
            return Mover.CUSTOMER
        return {AI: Mover.AI, SYSTEM: Mover.TIMER}.get(step.by, Mover.AGENT)
