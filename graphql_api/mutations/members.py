"""Signposts to resolvers/members.py and resolvers/erasure.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode, decode_given
from graphql_api.types.member_inputs import InviteMemberInput, RemoveMemberInput
from graphql_api.types.members import ErasureType, InvitationType
from graphql_api.types.organizations import UserType
from graphql_api.types.problem import ProblemType
from models.actors import Role
from resolvers import erasure, members

UserResult = Annotated[
    UserType | ProblemType, strawberry.union("UserResult", description="The person after the change, or a Problem.")
]
InvitationResult = Annotated[
    InvitationType | ProblemType,
    strawberry.union("InvitationResult", description="The invitation, or a Problem."),
]
ErasureResult = Annotated[
    ErasureType | ProblemType, strawberry.union("ErasureResult", description="What was erased, or a Problem.")
]
UserId = Annotated[strawberry.ID, strawberry.argument(description="The person.")]


@strawberry.type
class MemberMutations:
    """What admins do with members."""

    @strawberry.mutation(
        description="Invite somebody with a token that works once, within seven days. Send it to them: the "
        "helpdesk does not. A customer or a removed member keeps their history; a new invitation "
        "invalidates the earlier one. For admins."
    )
    async def invite_member(
        self,
        info: Info,
        input: Annotated[InviteMemberInput, strawberry.argument(description="Whom to invite, and in which role.")],
    ) -> InvitationResult:
        made = await members.invite_member(info.context.actor, input.email, input.name, input.role)
        user = await info.context.reads.reload(UserType, made.member_id)
        return InvitationType(user=user, token=made.token, expires_at=made.expires_at)

    @strawberry.mutation(
        description="Change a member's role. Their tokens act at most in the new role from the next request on. "
        "Refused for the last admin, and for a member with open tickets who would no longer answer "
        "customers. For admins."
    )
    async def change_member_role(
        self,
        info: Info,
        user_id: UserId,
        role: Annotated[Role, strawberry.argument(description="The new role.")],
    ) -> UserResult:
        changed = await members.change_member_role(info.context.actor, decode("usr", user_id), role)
        return await info.context.reads.reload(UserType, changed)

    @strawberry.mutation(
        description="Remove a member: tokens, sessions and invitations end, private views are deleted, shared "
        "ones become yours. What they wrote stays, and so do a customer's tickets. For admins."
    )
    async def remove_member(
        self,
        info: Info,
        input: Annotated[RemoveMemberInput, strawberry.argument(description="Whom to remove, and how.")],
    ) -> UserResult:
        wanted = members.Removal(
            user_id=decode("usr", input.user_id),
            reassign_to=decode_given("usr", input.reassign_to, "user", "reassign_to"),
            unassign=input.unassign,
            anonymize=input.anonymize,
        )
        removed = await members.remove_member(info.context.actor, wanted)
        return await info.context.reads.reload(UserType, removed)

    @strawberry.mutation(
        description="Erase a person for good: name, address, account and every text that they wrote. Rows stay, "
        "so that threads and figures add up; their assigned open tickets become unassigned. Replies "
        "made from canned responses or drafts for them are erased too. What others wrote about them "
        "in their own words, and backups, are up to you. For admins."
    )
    async def erase_person(self, info: Info, user_id: UserId) -> ErasureResult:
        erased = await erasure.erase_person(info.context.actor, decode("usr", user_id))
        return ErasureType(
            user=await info.context.reads.reload(UserType, erased.member_id),
            messages=erased.messages,
            mails=erased.mails,
            tickets=erased.tickets,
            ratings=erased.ratings,
            drafts=erased.drafts,
            views=erased.views,
            credentials=erased.credentials,
            accounts=erased.accounts,
        )
