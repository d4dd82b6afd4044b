"""One row of each kind: what calls of operations name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql_api.ids import decode, encode
from models.actors import Actor, Role
from models.assistance import CannedResponse
from models.events import NotificationAdded
from models.fields import new_id
from models.log import Notification, NotificationKind
from models.mail import Mail, MailKind, MailStatus
from models.rows import new
from models.tickets import Category, Satisfaction
from models.writer import organization_write
from tests.client import Client
from tests.mutations.content import a_calendar, a_policy
from tests.mutations.dead_letters import a_dead_letter
from tests.mutations.drafts import an_article, record
from tests.world import Helpdesk, World

# Their ids, by the prefix of each kind.
Things = Mapping[str, str]


async def things_of(helpdesk: Helpdesk, owner: Client | None = None, role: Role = Role.AGENT) -> Things:
    """One row of each kind, with a customer's open ticket; its last message is public. The token is the role's."""
    world = helpdesk.world
    async with organization_write(world.admin) as write:
        category = new(Category, organization_id=world.id, name=new_id().hex, created_at=write.now)
        canned = new(
            CannedResponse,
            organization_id=world.id,
            title="Hello",
            shortcut=new_id().hex,
            body="Hello {{requester.name}}.",
            created_at=write.now,
            updated_at=write.now,
        )
        write.insert(category)
        write.insert(canned)
    customer = owner or helpdesk.customer
    ticket = await customer.create_ticket(
        input={"subject": "It broke", "body": "Please help.", "category_id": encode("cat", category.id)}
    )
    message = await customer.add_message(input={"ticket_id": ticket["id"], "body": "Are you there?"})
    await helpdesk.agent.add_ticket_tags(ticket_id=ticket["id"], tags=["late"])
    (tag,) = (await helpdesk.agent.query('{ tags(search: "late") { nodes { id } } }'))["tags"]["nodes"]
    # A person has so many views and tokens and no more: those that were made long before are in the way.
    await world.database.execute(
        "DELETE FROM support_saved_view WHERE organization_id = $1 AND id NOT IN (SELECT id FROM support_saved_view"
        " WHERE organization_id = $1 ORDER BY id DESC LIMIT 20)",
        world.id,
    )
    await world.database.execute(
        "DELETE FROM support_api_token t WHERE t.organization_id = $1 AND EXISTS (SELECT 1 FROM support_api_token first"
        " WHERE first.membership_id = t.membership_id AND first.id < t.id) AND (SELECT count(*) FROM support_api_token"
        " later WHERE later.membership_id = t.membership_id AND later.id > t.id) > 20",
        world.id,
    )
    # Nor has an organization more than fifty policies and calendars.
    for table in ("support_sla_policy", "support_business_calendar"):
        await world.database.execute(
            f"UPDATE {table} SET deleted_at = now(), is_default = FALSE WHERE organization_id = $1 AND id NOT IN"
            f" (SELECT id FROM {table} WHERE organization_id = $1 AND deleted_at IS NULL ORDER BY id DESC LIMIT 20)",
            world.id,
        )
    policy, calendar = await a_policy(helpdesk), await a_calendar(helpdesk)
    view = await helpdesk.agent.create_saved_view(input={"name": "Ours", "shared": True})
    draft = await record(world, ticket)
    assert draft is not None
    return {
        "org": encode("org", world.id),
        # An agent of these things' own, whom calls may change; a colleague whom they must not.
        "usr": encode("usr", (await world.member(Role.AGENT)).user_id or new_id()),
        "colleague": encode("usr", world.admin.user_id or new_id()),
        "cat": encode("cat", category.id),
        "tkt": ticket["id"],
        "tag": tag["id"],
        "view": view["id"],
        "msg": message["id"],
        "sug": draft,
        "sat": await a_rating(world, ticket["id"]),
        "art": encode("art", await an_article(world)),
        "can": encode("can", canned.id),
        "cal": calendar["id"],
        "sla": policy["id"],
        "mai": await a_mail(world, ticket["id"]),
        "ntf": await a_notification(world, ticket["id"], getattr(world, role.value)),
        "tok": await world.api_token(getattr(world, role.value)),
        "rct": await a_dead_letter(world, ticket["id"]),
        "email": f"{new_id().hex}@example.test",
        "invitation": f"hi_{new_id().hex}",
    }


async def a_rating(world: World, ticket_id: str, rating: int = 4, **given: Any) -> str:
    """A customer's rating of a ticket; its id."""
    async with organization_write(world.admin) as write:
        row = new(
            Satisfaction,
            organization_id=world.id,
            ticket_id=decode("tkt", ticket_id),
            rating=rating,
            created_at=write.now,
            **{"agent_id": None, **given},
        )
        write.insert(row)
    return encode("sat", row.id)


async def a_notification(world: World, ticket_id: str, to: Actor) -> str:
    """A notification of a member's; its id."""
    async with organization_write(world.admin) as write:
        row = new(
            Notification,
            organization_id=world.id,
            user_id=to.user_id,
            event_id=new_id(),
            kind=NotificationKind.SLA_WARNING,
            ticket_id=decode("tkt", ticket_id),
            created_at=write.now,
        )
        write.insert(row)
        write.record(NotificationAdded(row.id), person_id=to.user_id)
    return encode("ntf", row.id)


async def a_mail(world: World, ticket_id: str, **given: Any) -> str:
    """A mail to the customer about a ticket, which was sent; its id."""
    async with organization_write(world.admin) as write:
        row = new(
            Mail,
            organization_id=world.id,
            ticket_id=decode("tkt", ticket_id),
            event_id=new_id(),
            recipient_id=world.customer.user_id,
            message_id=f"<{new_id().hex}@localhost>",
            created_at=write.now,
            **{"kind": MailKind.AGENT_REPLY, "status": MailStatus.SENT, "sent_at": write.now, **given},
        )
        write.insert(row)
    return encode("mai", row.id)
