"""Mutations, each in all the ways in which it changes different things."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from graphql_api.ids import decode
from models.actors import Actor, Role
from models.fields import new_id
from resolvers.access import PERMITTED
from tests.access.calls import arguments, prepare
from tests.access.documents import ROOTS
from tests.access.test_permitted import snake
from tests.access.things import Things
from tests.mutations.content import NINE_TO_FIVE
from tests.sla.desks import ONLY_SLA
from tests.tasks.parts import worker_of
from tests.world import Helpdesk

# What no event tells customers, whose feed is of their own tickets: by case, the kinds of things that then are other
# than they know. A portal fetches the organization's pages and lists, and threads, when it shows them. Every event that
# told all customers would have to be read by all of them, or name each: the log has an index by person for them.
UNTOLD_TO_CUSTOMERS: Mapping[str, frozenset[str]] = {
    "createArticle": frozenset({"Article"}),
    "updateArticle": frozenset({"Article"}),
    "updateArticle-snippet": frozenset({"Article"}),
    "deleteArticle": frozenset({"Article"}),
    "createCategory": frozenset({"Category"}),
    "updateCategory": frozenset({"Category"}),
    # A ticket shows no category that is gone, and has not changed.
    "deleteCategory": frozenset({"Category", "Ticket"}),
    "updateSupportSettings-time zone": frozenset({"Organization"}),
    # What they may do with a closed ticket is other from then on, as it is in any case once time has passed.
    "updateSupportSettings-reopening": frozenset({"Ticket"}),
    # Whoever wrote to them is called otherwise, has another role, is a customer whom others don't see, or has left; or
    # their words are gone.
    "changeMemberRole-busy": frozenset({"User"}),
    "changeMemberRole-to customer": frozenset({"Message"}),
    "removeMember-busy": frozenset({"User"}),
    "erasePerson-busy": frozenset({"User", "Message"}),
}

Given = Callable[[Helpdesk, Things], dict[str, Any]]
Before = Callable[[Helpdesk, Things], Awaitable[None]]


async def nothing(_helpdesk: Helpdesk, _things: Things) -> None:
    """Nothing has to be brought about."""


@dataclass(frozen=True)
class Case:
    """A call by somebody in a role. Without `given` it is the one of `arguments`. It may shut somebody out."""

    name: str
    by: Role
    how: str = ""
    given: Given | None = None
    before: Before = nothing
    shuts_out: str = ""

    def __str__(self) -> str:
        return "-".join(part for part in (self.name, self.how, self.by.value) if part)

    @property
    def untold(self) -> frozenset[str]:
        """What customers don't hear of."""
        return UNTOLD_TO_CUSTOMERS.get("-".join(part for part in (self.name, self.how) if part), frozenset())

    async def prepare(self, helpdesk: Helpdesk, things: Things) -> dict[str, Any]:
        """Bring about what it needs; the call's arguments."""
        await prepare(helpdesk, self.name, things)
        await self.before(helpdesk, things)
        return self.given(helpdesk, things) if self.given else arguments(self.name, things)


def ordinary() -> Iterator[Case]:
    """Each mutation of the schema, by staff and by a customer as far as they may."""
    for name in ROOTS["mutation"].fields:
        permitted = PERMITTED[snake(name)]
        staff = next((role for role in (Role.AGENT, Role.ADMIN) if role in permitted), None)
        yield from (Case(name, role) for role in (staff, Role.CUSTOMER) if role in permitted and role)


def _input(**given: Any) -> Given:
    return lambda _helpdesk, _things: {"input": given}


def _on(thing: str, argument: str, **given: Any) -> Given:
    return lambda _helpdesk, things: {"input": {argument: things[thing], **given}}


def _ticket(**given: Any) -> Given:
    return _on("tkt", "ticketId", **given)


async def _resolved(helpdesk: Helpdesk, things: Things) -> None:
    await helpdesk.agent.resolve_ticket(ticket_id=things["tkt"])


async def _waiting(helpdesk: Helpdesk, things: Things) -> None:
    await helpdesk.agent.change_ticket_status(ticket_id=things["tkt"], status="WAITING_ON_CUSTOMER")


async def _pending(helpdesk: Helpdesk, things: Things) -> None:
    await helpdesk.agent.change_ticket_status(ticket_id=things["tkt"], status="PENDING")


async def _closed_long_ago(helpdesk: Helpdesk, things: Things) -> None:
    await helpdesk.agent.close_ticket(ticket_id=things["tkt"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = closed_at - interval '90 days' WHERE id = $1",
        decode("tkt", things["tkt"]),
    )


async def _closed_lately(helpdesk: Helpdesk, things: Things) -> None:
    """Three days ago, within the reopen window."""
    await helpdesk.agent.close_ticket(ticket_id=things["tkt"])
    await helpdesk.world.database.execute(
        "UPDATE support_ticket SET closed_at = closed_at - interval '3 days' WHERE id = $1",
        decode("tkt", things["tkt"]),
    )


async def _left(helpdesk: Helpdesk, things: Things) -> None:
    """The ticket is resolved, and its assignee is gone."""
    await helpdesk.agent.assign_ticket(ticket_id=things["tkt"], assignee_id=things["usr"])
    await _resolved(helpdesk, things)
    await helpdesk.admin.remove_member(input={"user_id": things["usr"]})


async def _busy(helpdesk: Helpdesk, things: Things) -> None:
    """The member has an open ticket, views, a token, a note, a reply, and a draft that they dismissed."""
    member = await _acting(helpdesk, things)
    await member.assign_ticket(ticket_id=things["tkt"], assignee_id=things["usr"])
    for internal in (True, False):
        await member.add_message(input={"ticket_id": things["tkt"], "body": "I said so.", "internal": internal})
    for shared in (True, False):
        await member.create_saved_view(input={"name": "Theirs", "shared": shared})
    await member.create_api_token(input={"name": "Theirs", "role": "AGENT"})
    await member.dismiss_suggestion(suggestion_id=things["sug"], reason="I know better.")


async def _free(helpdesk: Helpdesk, things: Things) -> None:
    """The member was busy, and has no open ticket any more."""
    await _busy(helpdesk, things)
    await helpdesk.agent.assign_ticket(ticket_id=things["tkt"])


async def _acting(helpdesk: Helpdesk, things: Things) -> Any:
    """The client of the member whom calls may change."""
    world = helpdesk.world
    actor = replace(world.agent, user_id=decode("usr", things["usr"]))
    return replace(helpdesk.agent, token=await world.token_of(actor))


async def promised(helpdesk: Helpdesk, things: Things) -> None:
    """The policy is the default and has targets, and tickets have come under it."""
    hour = timedelta(hours=1).seconds
    targets = [{"priority": "MEDIUM", "firstResponseSeconds": hour, "resolutionSeconds": 8 * hour}]
    await helpdesk.admin.update_sla_policy(
        input={
            "sla_policy_id": things["sla"],
            "is_default": True,
            "targets": targets,
            "calendar_id": things["cal"],
            "warn_before_seconds": 60,
        }
    )
    await helpdesk.ticket(subject="Promised")
    await follow(helpdesk)


async def follow(helpdesk: Helpdesk) -> None:
    """Have a worker bring the clocks of tickets up to date."""
    database = helpdesk.world.database
    await worker_of(database, ONLY_SLA).step(Actor.system(database, helpdesk.world.id))


KNOWN = f"{new_id().hex}@example.test"


async def _removed(helpdesk: Helpdesk, _things: Things) -> None:
    """Somebody was a member once."""
    invited = await helpdesk.admin.invite_member(input={"email": KNOWN, "name": "Once", "role": "AGENT"})
    assert invited
    user = await helpdesk.admin.query("query($text: String) { users(search: $text) { nodes { id } } }", text=KNOWN)
    await helpdesk.admin.remove_member(input={"user_id": user["users"]["nodes"][0]["id"]})


def _invitation(_helpdesk: Helpdesk, _things: Things) -> dict[str, Any]:
    return {"input": {"email": KNOWN, "name": "Back", "role": "ANALYST"}}


def _customer(helpdesk: Helpdesk, _things: Things) -> dict[str, Any]:
    user_id = helpdesk.world.customer.user_id
    assert user_id
    return {"userId": f"usr_{user_id.hex}"}


MORE: tuple[Case, ...] = (
    Case(
        "createTicket",
        Role.AGENT,
        "for somebody new",
        lambda _helpdesk, _things: {
            "input": {
                "subject": "For them",
                "body": "They called.",
                "priority": "HIGH",
                "tags": ["late", "new"],
                "onBehalfOf": {"email": f"{new_id().hex}@example.test", "name": "Newcomer"},
            }
        },
    ),
    Case("addMessage", Role.AGENT, "note", _ticket(body="Hm.", internal=True)),
    Case(
        "addMessage",
        Role.AGENT,
        "canned",
        lambda _h, things: {"input": {"ticketId": things["tkt"], "cannedResponseId": things["can"]}},
    ),
    Case(
        "addMessage",
        Role.AGENT,
        "draft",
        lambda _h, things: {"input": {"ticketId": things["tkt"], "suggestionId": things["sug"]}},
    ),
    Case("addMessage", Role.AGENT, "resolving", _ticket(body="Done.", thenStatus="RESOLVED")),
    Case("addMessage", Role.CUSTOMER, "waited for", _ticket(body="Here."), _waiting),
    Case("addMessage", Role.CUSTOMER, "resolved", _ticket(body="No."), _resolved),
    Case("addMessage", Role.CUSTOMER, "closed long ago", _ticket(body="Again."), _closed_long_ago),
    Case(
        "updateTicket",
        Role.AGENT,
        "everything",
        lambda _h, things: {
            "input": {"ticketId": things["tkt"], "subject": "Other", "priority": "URGENT", "categoryId": None}
        },
    ),
    Case("updateTicket", Role.AGENT, "snoozed", _ticket(pendingUntil="2099-01-01T00:00:00Z"), _pending),
    Case(
        "updateTickets",
        Role.AGENT,
        "everything",
        lambda _h, things: {
            "input": {
                "ids": [things["tkt"]],
                "status": "RESOLVED",
                "assigneeId": things["usr"],
                "priority": "URGENT",
                "categoryId": None,
                "addTags": ["vip"],
                "removeTags": ["late"],
            }
        },
    ),
    Case(
        "changeTicketStatus", Role.AGENT, "pending", lambda _h, things: {"ticketId": things["tkt"], "status": "PENDING"}
    ),
    Case("reopenTicket", Role.AGENT, "without its assignee", before=_left),
    Case("submitSatisfaction", Role.CUSTOMER, "again", _ticket(rating=1, comment=None)),
    Case("createSavedView", Role.AGENT, "shared", _input(name="Ours", filter={}, shared=True)),
    Case("updateSavedView", Role.AGENT, "not shared any more", _on("view", "viewId", shared=False)),
    Case("deleteSavedView", Role.ADMIN, "of somebody else"),
    Case("createArticle", Role.AGENT, "snippet", _input(title="A snippet", body="For us.", kind="SNIPPET")),
    Case("updateArticle", Role.AGENT, "snippet", _on("art", "articleId", kind="SNIPPET")),
    Case("updateSupportSettings", Role.ADMIN, "time zone", _input(timezone="Asia/Tokyo")),
    Case("updateSupportSettings", Role.ADMIN, "reopening", _input(reopenWindowDays=1), _closed_lately),
    Case("createSlaPolicy", Role.ADMIN, "first", _input(name="A", targets=[], position=0, isDefault=True), promised),
    Case("updateSlaPolicy", Role.ADMIN, "pauses", _on("sla", "slaPolicyId", pauseOn=["PENDING"]), promised),
    Case("updateSlaPolicy", Role.ADMIN, "targets", _on("sla", "slaPolicyId", targets=[]), promised),
    Case("updateSlaPolicy", Role.ADMIN, "name", _on("sla", "slaPolicyId", name="Renamed"), promised),
    Case("createBusinessCalendar", Role.ADMIN, "default", _input(name="B", weekly=NINE_TO_FIVE, isDefault=True)),
    Case(
        "updateBusinessCalendar",
        Role.ADMIN,
        "hours",
        _on("cal", "businessCalendarId", weekly=NINE_TO_FIVE[:1], timezone="Asia/Tokyo"),
        promised,
    ),
    Case("resolveTicket", Role.AGENT, "promised", before=promised),
    Case("changeMemberRole", Role.ADMIN, "busy", before=_free),
    Case(
        "changeMemberRole",
        Role.ADMIN,
        "to customer",
        lambda _helpdesk, things: {"userId": things["usr"], "role": "CUSTOMER"},
        _free,
    ),
    Case(
        "removeMember",
        Role.ADMIN,
        "busy",
        lambda _h, things: {"input": {"userId": things["usr"], "unassign": True, "anonymize": True}},
        _busy,
    ),
    Case("erasePerson", Role.ADMIN, "busy", before=_busy),
    Case("erasePerson", Role.ADMIN, "customer", _customer, shuts_out="customer"),
    Case("inviteMember", Role.ADMIN, "who was removed", _invitation, _removed),
    Case("markNotificationsRead", Role.AGENT, "all", lambda _h, _t: {"all": True}),
    Case("updatePreferences", Role.AGENT, "in app", _input(notifications=[{"kind": "MENTION", "inApp": False}])),
)


CASES: tuple[Case, ...] = (*ordinary(), *MORE)
