"""Mutation: signposts, one module a noun. The stories are in resolvers/."""

from __future__ import annotations

import strawberry

from graphql_api.mutations.articles import ArticleMutations
from graphql_api.mutations.business_calendars import BusinessCalendarMutations
from graphql_api.mutations.canned_responses import CannedResponseMutations
from graphql_api.mutations.categories import CategoryMutations
from graphql_api.mutations.changes import ChangeMutations
from graphql_api.mutations.credentials import CredentialMutations
from graphql_api.mutations.dead_letters import DeadLetterMutations
from graphql_api.mutations.members import MemberMutations
from graphql_api.mutations.notifications import NotificationMutations
from graphql_api.mutations.presence import PresenceMutations
from graphql_api.mutations.satisfaction import SatisfactionMutations
from graphql_api.mutations.settings import SettingsMutations
from graphql_api.mutations.sla_policies import SlaPolicyMutations
from graphql_api.mutations.suggestions import SuggestionMutations
from graphql_api.mutations.tickets import TicketMutations
from graphql_api.mutations.views import ViewMutations


@strawberry.type(description="Everything that can be changed. Each root field is a transaction of its own.")
class Mutation(
    TicketMutations,
    ChangeMutations,
    SuggestionMutations,
    CategoryMutations,
    CannedResponseMutations,
    ArticleMutations,
    SettingsMutations,
    SlaPolicyMutations,
    BusinessCalendarMutations,
    MemberMutations,
    CredentialMutations,
    ViewMutations,
    NotificationMutations,
    PresenceMutations,
    SatisfactionMutations,
    DeadLetterMutations,
):
    """One verb, one operation of the same name."""
