"""The signpost to resolvers/presence.py."""

from __future__ import annotations

from typing import Annotated

import strawberry

from graphql_api.context import Info
from graphql_api.ids import decode
from graphql_api.mutations.shared import TicketId
from graphql_api.types.organizations import UserType
from graphql_api.types.presence import PresenceType
from graphql_api.types.problem import ProblemType
from models.presence import PresenceState
from resolvers import presence

PresenceResult = Annotated[
    PresenceType | ProblemType,
    strawberry.union("PresenceResult", description="What others now see of you, or a Problem."),
]


@strawberry.type
class PresenceMutations:
    """What people say of themselves."""

    @strawberry.mutation(
        description="Say what you do at a ticket; it is never stored. Over a socket it lasts until you send "
        "another state or the socket ends; over HTTP for 9 seconds, so repeat it every 4. Repeat "
        "TYPING every 3 seconds while keys are pressed. At most 20 times in 2 seconds, and at 20 "
        "tickets at a time: the earliest is dropped."
    )
    async def set_presence(
        self,
        info: Info,
        ticket_id: TicketId,
        state: Annotated[PresenceState, strawberry.argument(description="Your state.")],
        internal: Annotated[
            bool,
            strawberry.argument(
                description="Agents: whether you are writing an internal note. With false, the customer sees that "
                "support is typing, but not who; with true, nothing."
            ),
        ] = True,
    ) -> PresenceResult:
        context = info.context
        said = await presence.set_presence(
            context.actor,
            context.services.presences,
            decode("tkt", ticket_id),
            state,
            internal=internal,
            holder=context.sender.holder,
        )
        user = await context.reads.reload(UserType, said.member_id)
        return PresenceType(user=user, state=said.state, since=said.since)
