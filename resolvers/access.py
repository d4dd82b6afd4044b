"""The only way to a row on behalf of somebody: who may do what, and which rows a role sees."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID

from tortoise.models import Model

from models.actors import Actor, ActorKind, Role
from models.assistance import AiSuggestion, Article, CannedResponse, SuggestionSource
from models.database import Row
from models.errors import NotAllowed, NotFound
from models.log import Notification, Reaction
from models.mail import Mail
from models.organizations import ApiToken, Membership, Organization, SavedView, Settings
from models.rows import RowModel, layout, load, load_all, select, select_versioned
from models.service_levels import BusinessCalendar, BusinessCalendarVersion, SlaPolicy, SlaPolicyVersion
from models.tickets import Category, Satisfaction, Tag, Ticket, TicketMessage
from models.writer import Write, keep, lock, lock_all, repeated_if_overtaken

P = ParamSpec("P")
R = TypeVar("R")
Who = Role | ActorKind

ADMINS: frozenset[Who] = frozenset({Role.ADMIN})
STAFF: frozenset[Who] = frozenset({Role.ADMIN, Role.AGENT})
READERS: frozenset[Who] = STAFF | {Role.ANALYST}
PEOPLE: frozenset[Who] = READERS | {Role.CUSTOMER}
AI: frozenset[Who] = frozenset({ActorKind.AI})
SYSTEM: frozenset[Who] = frozenset({ActorKind.SYSTEM})
CUSTOMERS: frozenset[Who] = frozenset({Role.CUSTOMER})

# Every operation and who may call it. An operation without a row can't be called, and fails the tests.
PERMITTED: Mapping[str, frozenset[Who]] = {
    # queries
    "viewer": PEOPLE,
    "node": PEOPLE,
    "nodes": PEOPLE,
    "ticket": PEOPLE,
    "ticket_by_number": PEOPLE,
    "tickets": PEOPLE,
    "categories": PEOPLE,
    "tags": PEOPLE,
    "saved_views": PEOPLE,
    "canned_responses": READERS,
    "support_settings": READERS,
    "notifications": READERS,
    "sla_policies": READERS,
    "business_calendars": READERS,
    "sla_compliance": READERS,
    "articles": PEOPLE,
    "search_articles": PEOPLE,
    "users": PEOPLE,
    "suggestions": READERS,
    "satisfaction_ratings": READERS,
    "feed_cursor": PEOPLE,
    "api_tokens": READERS,
    "events": ADMINS,
    "dead_letters": ADMINS,
    "events_export": ADMINS | SYSTEM,
    "outbox": ADMINS,
    "sla_policy_impact": ADMINS,
    "business_calendar_impact": ADMINS,
    # mutations
    "create_ticket": STAFF | CUSTOMERS,
    "update_ticket": STAFF | AI,
    "update_tickets": STAFF,
    "create_saved_view": STAFF,
    "update_saved_view": STAFF,
    "delete_saved_view": STAFF,
    "add_ticket_tags": STAFF | AI,
    "remove_ticket_tags": STAFF,
    "add_message": STAFF | CUSTOMERS | AI,
    "assign_ticket": STAFF,
    "change_ticket_status": STAFF | CUSTOMERS,
    "resolve_ticket": STAFF | CUSTOMERS | AI,
    "close_ticket": STAFF | SYSTEM,
    "reopen_ticket": STAFF | CUSTOMERS,
    "submit_satisfaction": CUSTOMERS,
    "suggest_reply": STAFF,
    "accept_suggestion": STAFF,
    "edit_suggestion": STAFF,
    "dismiss_suggestion": STAFF,
    "create_canned_response": STAFF,
    "update_canned_response": STAFF,
    "delete_canned_response": STAFF,
    "create_article": STAFF,
    "update_article": STAFF,
    "delete_article": STAFF,
    "mark_notifications_read": READERS,
    "update_preferences": READERS,
    "update_support_settings": ADMINS,
    "create_sla_policy": ADMINS,
    "update_sla_policy": ADMINS,
    "delete_sla_policy": ADMINS,
    "create_business_calendar": ADMINS,
    "update_business_calendar": ADMINS,
    "delete_business_calendar": ADMINS,
    "create_category": ADMINS,
    "update_category": ADMINS,
    "delete_category": ADMINS,
    "invite_member": ADMINS | SYSTEM,
    "change_member_role": ADMINS,
    "remove_member": ADMINS,
    "erase_person": ADMINS,
    "sign_in": PEOPLE,
    "sign_out": PEOPLE,
    "accept_invitation": PEOPLE,
    "set_presence": STAFF | CUSTOMERS,
    "retry_dead_letter": ADMINS | SYSTEM,
    "discard_dead_letter": ADMINS | SYSTEM,
    "create_api_token": READERS,
    "revoke_api_token": READERS,
    # subscriptions
    "feed": PEOPLE,
    "ticket_events": PEOPLE,
    "message_added": PEOPLE,
    "sla_alerts": READERS,
    "notification_added": READERS,
    "presence": PEOPLE,
    "suggestion_progress": READERS,
    # what a link shows to whom it was sent
    "survey": CUSTOMERS,
    # what tasks and the command line do
    "record_suggestion": AI,
    "move_due_tickets": SYSTEM,
    "reckon": SYSTEM,
    "reckon_due": SYSTEM,
    "reckon_new": SYSTEM,
    "left_behind": SYSTEM,
    "verify_clocks": SYSTEM,
    "recalculate": SYSTEM,
    "notify_members": SYSTEM,
    "notice_mails": SYSTEM,
    "begin_digest": SYSTEM,
    "digest_of": SYSTEM,
    "digest_subscription": SYSTEM,
    "turn_off_digest": SYSTEM,
    "survey_due": SYSTEM,
    "record_survey": SYSTEM,
    "is_being_told": SYSTEM,
    "notify_of_alert": SYSTEM,
    "alert_mails": SYSTEM,
    "mail_sender": SYSTEM,
    "correspondence": SYSTEM,
    "reply_told": SYSTEM,
    "resolution_told": SYSTEM,
    "queue_mails": SYSTEM,
    "give_up_mails": SYSTEM,
    "known_mails": SYSTEM,
    "verify_mail_domain": SYSTEM,
    "mark_mail_sent": SYSTEM,
    "mark_mail_put_off": SYSTEM,
    "mark_mail_failed": SYSTEM,
    "set_ticket_quota": SYSTEM,
    "give_sla_defaults": SYSTEM,
    "import_tickets": SYSTEM,
    "import_articles": SYSTEM,
    "index_article": SYSTEM,
}

# Operations that ask for no credentials, because they give some, or take a link in their place.
OPEN_TO_ALL: frozenset[str] = frozenset({"sign_in", "accept_invitation", "submit_satisfaction"})


def permit(actor: Actor, operation: str) -> None:
    """Raise NotAllowed unless the actor's role includes the operation."""
    if (actor.role or actor.kind) not in PERMITTED[operation]:
        raise NotAllowed(f"Your role does not include this: {operation.replace('_', ' ')}.")


def operation(
    verb: Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]],
) -> Callable[Concatenate[Actor, P], Coroutine[Any, Any, R]]:
    """Mark an operation: it is refused to those whom PERMITTED does not list under its name."""
    name = verb.__name__
    if name not in PERMITTED:
        raise LookupError(f"{name} has no row in resolvers.access.PERMITTED")

    @wraps(verb)
    async def checked(actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> R:
        permit(actor, name)
        return await repeated_if_overtaken(partial(verb, actor, *args, **kwargs))

    return checked


@dataclass(frozen=True, slots=True)
class Scope:
    """Which of an organization's rows somebody sees, as SQL conditions on the table's alias `{t}`.

    `{organization}` and `{me}` stand for the actor's two ids. `staff` adds to `everyone` for agents and analysts, and
    `customer` for customers; None means that customers see no row at all.
    """

    everyone: str = "{t}.organization_id = {organization}"
    staff: str | None = None
    customer: str | None = None

    def template(self, actor: Actor) -> str:
        """The condition for this actor, its names not yet filled in."""
        if not actor.is_customer:
            narrowed = self.staff and actor.role is not None and actor.role is not Role.ADMIN
            return f"({self.everyone} AND {self.staff})" if narrowed else self.everyone
        return "FALSE" if self.customer is None else f"({self.everyone} AND {self.customer})"


_OWN_TICKET = (
    "EXISTS (SELECT 1 FROM support_ticket own WHERE own.id = {t}.ticket_id AND own.requester_id = {me}"
    " AND own.organization_id = {organization})"
)

_NOT_DELETED = "({t}.organization_id = {organization} AND {t}.deleted_at IS NULL)"

SCOPES: Mapping[type[Model], Scope] = {
    Organization: Scope(everyone="{t}.id = {organization}", customer="TRUE"),
    # Customers meet colleagues of theirs nowhere, and staff by name where they wrote something.
    Membership: Scope(customer="({t}.id = {me} OR {t}.role <> 'customer')"),
    Category: Scope(everyone=_NOT_DELETED, customer="TRUE"),
    ApiToken: Scope(staff="{t}.membership_id = {me}"),
    Ticket: Scope(customer="{t}.requester_id = {me}"),
    TicketMessage: Scope(customer="NOT {t}.internal AND " + _OWN_TICKET),
    Settings: Scope(),
    CannedResponse: Scope(everyone=_NOT_DELETED),
    Tag: Scope(),
    SlaPolicy: Scope(everyone=_NOT_DELETED),
    BusinessCalendar: Scope(everyone=_NOT_DELETED),
    # What was promised once can be told of a deleted one too.
    SlaPolicyVersion: Scope(),
    BusinessCalendarVersion: Scope(),
    SavedView: Scope(everyone="({t}.organization_id = {organization} AND ({t}.shared OR {t}.owner_id = {me}))"),
    Notification: Scope(
        everyone="({t}.organization_id = {organization} AND {t}.user_id = {me} AND {t}.in_app)", customer="TRUE"
    ),
    Reaction: Scope(staff="FALSE"),
    AiSuggestion: Scope(),
    SuggestionSource: Scope(),
    Satisfaction: Scope(customer=_OWN_TICKET),
    Mail: Scope(),
    Article: Scope(customer="{t}.kind = 'help_center'"),
}


class Parameters:
    """The values of a statement in the making; the actor's two ids are bound when a condition first names them."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.ids: Mapping[str, object] = {"organization": actor.organization_id, "me": actor.user_id}
        self.values: list[object] = []
        self._bound: dict[str, str] = {}

    def bind(self, value: object, kind: str = "") -> str:
        """The placeholder of one more value."""
        self.values.append(value)
        return f"${len(self.values)}" + (f"::{kind}" if kind else "")

    def scope(self, model: type[Model], alias: str = "t") -> str:
        """The condition on `alias` under which the actor sees a row of the model."""
        template = SCOPES[model].template(self.actor)
        for name in self.ids:
            if f"{{{name}}}" in template:
                self.own(name)
        return template.format(t=alias, **self._bound)

    def own(self, name: str) -> str:
        """The placeholder of one of the actor's ids."""
        if name not in self._bound:
            self._bound[name] = self.bind(self.ids[name], "uuid")
        return self._bound[name]


def _visible(
    model: type[Model], row_id: UUID | None, actor: Actor, selected: str | None = None
) -> tuple[str, list[object]]:
    parameters = Parameters(actor)
    key = parameters.bind(row_id)
    return f"{selected or select(model)} WHERE t.id = {key} AND {parameters.scope(model)}", parameters.values


async def access(write: Write, model: type[RowModel], row_id: UUID | None, path: Iterable[str] = ()) -> RowModel:
    """A row that the write's actor may see, locked; raises NotFound for all others alike."""
    sql, values = _visible(model, row_id, write.actor)
    return load(model, _found(model, await lock(write, sql, *values), path))


async def access_ticket(write: Write, ticket_id: UUID | None) -> Ticket:
    """The ticket, as it is until the write ends."""
    sql, values = _visible(Ticket, ticket_id, write.actor, select_versioned(Ticket))
    return load(Ticket, _found(Ticket, await keep(write, Ticket, sql, *values), ()))


async def access_tickets(write: Write, ticket_ids: Iterable[UUID]) -> dict[UUID, Ticket]:
    """Those of the tickets that the write's actor may see, locked until the write ends.

    They are locked in the order of their ids: two writes that lock the same ones don't wait for each other in a ring.
    """
    parameters = Parameters(write.actor)
    keys = parameters.bind([*ticket_ids], "uuid[]")
    sql = f"{select(Ticket)} WHERE t.id = ANY({keys}) AND {parameters.scope(Ticket)} ORDER BY t.id"
    return {ticket.id: ticket for ticket in load_all(Ticket, await lock_all(write, sql, *parameters.values))}


async def look_up(by: Actor | Write, model: type[RowModel], row_id: UUID | None, path: Iterable[str] = ()) -> RowModel:
    """A row that the actor may see; raises NotFound for all others alike.

    Inside a write, give the write: it reads on its own connection. A second one would be taken from the pool while the
    first is held, and as many writes as the pool is large would wait for each other for ever.
    """
    if isinstance(by, Actor):
        sql, values = _visible(model, row_id, by)
        return load(model, _found(model, await by.database.fetchrow(sql, *values), path))
    sql, values = _visible(model, row_id, by.actor)
    return load(model, _found(model, await by.connection.fetchrow(sql, *values), path))


def _found(model: type[Model], row: Row | None, path: Iterable[str]) -> Row:
    if row is None:
        raise NotFound(_NOUNS.get(model, layout(model).table.removeprefix("support_").replace("_", " ")), path)
    return row


_NOUNS: Mapping[type[Model], str] = {
    Reaction: "dead letter",
    Membership: "user",
    ApiToken: "token",
    TicketMessage: "message",
    AiSuggestion: "suggestion",
    Satisfaction: "rating",
    SlaPolicy: "SLA policy",
}
