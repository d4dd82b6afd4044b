"""A call of every operation that succeeds, and the ids in it: what tests of access vary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from typing import Any

from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type

from graphql_api.ids import decode
from graphql_api.queries import NODES as NODE_TYPES
from models.actors import Role
from models.fields import new_id
from models.service_level_events import SlaWarning
from models.sla import SlaClockKind
from models.writer import organization_write
from tests.access.documents import ROOTS, call, root_fields
from tests.access.things import Things
from tests.client import Client, GraphQLErrors
from tests.credentials import PASSWORD, an_account, an_invitation
from tests.world import Helpdesk

NODES = tuple(NODE_TYPES)
# Which rows an argument names, by its own name; by the operation's where the argument is just `id` or `ids`.
NAMES: Mapping[str, tuple[str, ...]] = {
    "ticketId": ("tkt",),
    "viewId": ("view",),
    "suggestionId": ("sug",),
    "assigneeId": ("usr",),
    "requesterId": ("usr",),
    "categoryId": ("cat",),
    "articleId": ("art",),
    "decidedById": ("usr",),
    "agentId": ("usr",),
    "userId": ("usr",),
    "actorId": ("usr",),
    "reassignTo": ("usr",),
    "cannedResponseId": ("can",),
    "expectedLastMessageId": ("msg",),
    "slaPolicyId": ("sla",),
    "calendarId": ("cal",),
    "businessCalendarId": ("cal",),
    "categoryIds": ("cat",),
    "ticket": ("tkt",),
    "node": NODES,
    "nodes": NODES,
    "updateTickets": ("tkt",),
    "revokeApiToken": ("tok",),
    "markNotificationsRead": ("ntf",),
    "retryDeadLetter": ("rct",),
    "discardDeadLetter": ("rct",),
}


def a_step(things: Things) -> dict[str, str]:
    """An escalation that names somebody."""
    return {"action": "REASSIGN", "assigneeId": things["colleague"]}


def arguments(name: str, things: Things) -> dict[str, Any]:
    """Arguments with which the operation succeeds for whoever is permitted to call it on these things."""
    ticket = {"ticketId": things["tkt"]}
    calls: dict[str, dict[str, Any]] = {
        "viewer": {},
        "feedCursor": {},
        "node": {"id": things["tkt"]},
        "nodes": {"ids": [things["tkt"]]},
        "ticket": {"id": things["tkt"]},
        "ticketByNumber": {"number": 1},
        "tickets": {"filter": {"status": ["OPEN"]}},
        "categories": {},
        "tags": {},
        "savedViews": {},
        "createSavedView": {"input": {"name": "Open", "filter": {"categoryId": things["cat"]}}},
        "updateSavedView": {"input": {"viewId": things["view"], "name": "Late", "filter": {"tag": "late"}}},
        "deleteSavedView": {"viewId": things["view"]},
        "cannedResponses": {"search": "hello"},
        "supportSettings": {},
        "slaPolicies": {},
        "businessCalendars": {},
        "slaCompliance": {"range": {"from": "2026-01-01", "to": "2026-12-31"}, "by": ["MONTH", "AGENT"]},
        "articles": {"search": "buttons"},
        "searchArticles": {"query": "How long do I hold the button?"},
        "users": {"filter": {"active": True}},
        "suggestions": {"filter": {"status": ["PENDING"]}},
        "createTicket": {"input": {"subject": "Another", "body": "Please.", "categoryId": things["cat"]}},
        "addMessage": {"input": {**ticket, "body": "Hello.", "expectedLastMessageId": things["msg"]}},
        "updateTicket": {"input": {**ticket, "categoryId": None}},
        "updateTickets": {"input": {"ids": [things["tkt"]], "priority": "LOW", "addTags": ["vip"]}},
        "addTicketTags": {**ticket, "tags": ["vip"]},
        "removeTicketTags": {**ticket, "tags": ["late"]},
        "assignTicket": {**ticket, "assigneeId": things["usr"]},
        "changeTicketStatus": {**ticket, "status": "RESOLVED"},
        "resolveTicket": ticket,
        "closeTicket": ticket,
        "reopenTicket": ticket,
        "submitSatisfaction": {"input": {**ticket, "rating": 5, "comment": "Quick!"}},
        "satisfactionRatings": {"filter": {"rating": [4, 5]}},
        "suggestReply": ticket,
        "acceptSuggestion": {"suggestionId": things["sug"]},
        "editSuggestion": {"suggestionId": things["sug"], "body": "In my words."},
        "dismissSuggestion": {"suggestionId": things["sug"]},
        "createCannedResponse": {
            "input": {"title": "Bye", "shortcut": new_id().hex, "body": "Bye {{requester.name}}."}
        },
        "updateCannedResponse": {"input": {"cannedResponseId": things["can"], "title": new_id().hex}},
        "deleteCannedResponse": {"cannedResponseId": things["can"]},
        "createArticle": {"input": {"title": "Another", "body": "Hold it longer."}},
        "updateArticle": {"input": {"articleId": things["art"], "title": new_id().hex}},
        "deleteArticle": {"articleId": things["art"]},
        "updateSupportSettings": {"input": {"fromName": new_id().hex}},
        # One input where a list is wanted is a list of one.
        "createSlaPolicy": {"input": {"name": "Gold", "targets": [], "escalations": a_step(things)}},
        "updateSlaPolicy": {
            "input": {"slaPolicyId": things["sla"], "name": new_id().hex, "escalations": a_step(things)}
        },
        "deleteSlaPolicy": {"slaPolicyId": things["sla"]},
        "createBusinessCalendar": {"input": {"name": "Office", "weekly": []}},
        "updateBusinessCalendar": {"input": {"businessCalendarId": things["cal"], "name": new_id().hex}},
        "deleteBusinessCalendar": {"businessCalendarId": things["cal"]},
        "createCategory": {"input": {"name": new_id().hex}},
        "updateCategory": {"input": {"categoryId": things["cat"], "name": new_id().hex}},
        "deleteCategory": {"categoryId": things["cat"]},
        "slaPolicyImpact": {
            "input": {"slaPolicyId": things["sla"], "name": new_id().hex, "escalations": a_step(things)}
        },
        "businessCalendarImpact": {"input": {"businessCalendarId": things["cal"], "name": new_id().hex}},
        "events": {"filter": {"kind": ["TICKET_CREATED"]}},
        "outbox": {},
        "eventsExport": {"filter": {"kind": ["TICKET_CREATED"]}},
        "inviteMember": {"input": {"email": f"{new_id().hex}@example.test", "name": "Ada", "role": "AGENT"}},
        "changeMemberRole": {"userId": things["usr"], "role": "ANALYST"},
        "erasePerson": {"userId": things["usr"]},
        "removeMember": {"input": {"userId": things["usr"], "reassignTo": things["colleague"]}},
        "apiTokens": {},
        "signIn": {"email": things["email"], "password": PASSWORD},
        "signOut": {},
        "acceptInvitation": {"token": things["invitation"], "password": PASSWORD},
        "createApiToken": {"input": {"name": "A program", "role": "ANALYST"}},
        "revokeApiToken": {"id": things["tok"]},
        "feed": {},
        "ticketEvents": ticket,
        "messageAdded": ticket,
        "slaAlerts": {},
        "notificationAdded": {},
        "notifications": {"unreadOnly": True},
        "markNotificationsRead": {"ids": [things["ntf"]]},
        "setPresence": {**ticket, "state": "TYPING", "internal": False},
        "presence": ticket,
        "suggestionProgress": ticket,
        "deadLetters": {},
        "retryDeadLetter": {"id": things["rct"]},
        "discardDeadLetter": {"id": things["rct"]},
        "updatePreferences": {"input": {"notifications": [{"kind": "MENTION", "mail": "DIGEST"}]}},
    }
    return calls[name]


async def prepare(helpdesk: Helpdesk, name: str, things: Things) -> None:
    """Bring about what the operation needs beyond an open ticket."""
    if name in {"reopenTicket", "submitSatisfaction"}:
        await helpdesk.agent.resolve_ticket(ticket_id=things["tkt"])
    elif name == "slaAlerts":
        async with organization_write(helpdesk.world.admin) as write:
            ticket_id = decode("tkt", things["tkt"]) or new_id()
            write.record_about(ticket_id, SlaWarning(SlaClockKind.RESOLUTION, 1, write.now), write.now)
    elif name == "createApiToken":
        # Every call's things have brought a token with them, and nobody may have more than fifty.
        await helpdesk.world.database.execute(
            "UPDATE support_api_token SET revoked_at = now() WHERE organization_id = $1 AND id NOT IN"
            " (SELECT DISTINCT ON (membership_id) id FROM support_api_token ORDER BY membership_id, created_at, id)",
            helpdesk.world.id,
        )
    elif name == "signIn":
        await an_account(helpdesk.world, things["email"])
    elif name == "acceptInvitation":
        await an_invitation(helpdesk.world, things["email"], things["invitation"])


async def caller(helpdesk: Helpdesk, name: str, role: Role) -> Client:
    """Somebody in the role, who has come in as the operation wants."""
    by: Client = getattr(helpdesk, role.value)
    if name != "signOut":
        return by
    return by.with_cookie(await helpdesk.world.session_of(getattr(helpdesk.world, role.value)))


async def ask(by: Client, name: str, given: Mapping[str, Any]) -> Any:
    """What the operation answers: data and errors; a subscription's first item, or the errors that end it."""
    text = call(name, given)
    if root_fields()[name] != "subscription":
        return (await by.post(text, **given)).json()
    async with by.subscription(text, **given) as feed:
        try:
            return {"data": await feed.next()}
        except GraphQLErrors as refusal:
            return {"errors": refusal.errors}


def takes_after(name: str) -> bool:
    """Whether an operation follows the log, from wherever it is told."""
    return "after" in ROOTS[root_fields()[name]].fields[name].args and root_fields()[name] == "subscription"


def code_of(name: str, answer: Any) -> str | None:
    """The code of a refusal, be it a Problem or an error; None for a success."""
    if "errors" in answer:
        return str(answer["errors"][0]["extensions"]["code"])
    result = answer["data"].get(name)
    return str(result["Problem_code"]) if isinstance(result, dict) and result.get("__typename") == "Problem" else None


def places(name: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """Where an operation takes an id, from the outside in, once for each kind of row that the id may name."""
    field = ROOTS[root_fields()[name]].fields[name]
    for argument, declared in field.args.items():
        for path in _ids(argument, declared.type):
            for prefix in NAMES[path[-1] if path[-1] not in {"id", "ids"} else name]:
                yield path, prefix


def _ids(name: str, kind: GraphQLInputType) -> Iterator[tuple[str, ...]]:
    named = get_named_type(kind)
    if named.name == "ID":
        yield (name,)
    elif isinstance(named, GraphQLInputObjectType):
        for inner, field in named.fields.items():
            yield from ((name, *rest) for rest in _ids(inner, field.type))


def put(given: Mapping[str, Any], path: tuple[str, ...], value: object) -> dict[str, Any]:
    """The arguments with another value, most often an id, in one place."""
    changed = deepcopy(dict(given))
    *outer, last = path
    inside = changed
    for step in outer:
        inside = inside.setdefault(step, {})
    inside[last] = [value] if last == "ids" else value
    return changed
