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
    UserType | ProblemType, strawberry.union("UserResult", description="The person as they are now, or why not.")
]
InvitationResult = Annotated[
    InvitationType | ProblemType,
    strawberry.union("InvitationResult", description="The invitation, or why there is none."),
]
ErasureResult = Annotated[
    ErasureType | ProblemType, strawberry.union("ErasureResult", description="What was erased, or why not.")
]
UserId = Annotated[strawberry.ID, strawberry.argument(description="The person.")]


@strawberry.type
class MemberMutations:
    """What admins do with members."""

    @strawberry.mutation(
        description="Let somebody in by a link of one use, good for seven days. Send it to them: nobody else does. A "
        "customer or a removed member keeps their history; inviting again makes the earlier link worthless."
    )
    async def invite_member(
        self, info: Info, input: Annotated[InviteMemberInput, strawberry.argument(description="Whom, and as what.")]
    ) -> InvitationResult:
        made = await members.invite_member(info.context.actor, input.email, input.name, input.role)
        user = await info.context.reads.reload(UserType, made.member_id)
        return InvitationType(user=user, token=made.token, expires_at=made.expires_at)

    @strawberry.mutation(
        description="Make a member something else. Their tokens act at most in the new role from the next request on. "
        "The last admin stays one; who has open tickets keeps answering customers."
    )
    async def change_member_role(
        self,
        info: Info,
        user_id: UserId,
        role: Annotated[Role, strawberry.argument(description="What they are to be.")],
    ) -> UserResult:
        changed = await members.change_member_role(info.context.actor, decode("usr", user_id), role)
        return await info.context.reads.reload(UserType, changed)

    @strawberry.mutation(
        description="Shut somebody out: tokens, sessions and invitations end, private views go, shared ones become "
        "yours. What they wrote stays. A customer's tickets stay too."
    )
    async def remove_member(
        self, info: Info, input: Annotated[RemoveMemberInput, strawberry.argument(description="Whom, and how.")]
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
        description="Erase a person for good: name, address, account, and every text that they wrote, in all tables. "
        "The rows stay, so that threads and figures add up; open tickets are left to nobody. Replies that "
        "canned responses or drafts filled for the person go too; what others wrote about them in words of their own "
        "can't be known: read their threads, and mind your backups."
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
