"""Which page a link opens, by the first part of its path."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.routing import BaseRoute, Route

from graphql_api.context import Services
from graphql_api.portal.reopening import show_reopening
from graphql_api.portal.survey import show_survey
from graphql_api.portal.unsubscribing import show_unsubscribing
from graphql_api.portal.visits import Shown, linked
from models.links import LinkPurpose

PAGES: Mapping[LinkPurpose, Shown] = {
    LinkPurpose.SURVEY: show_survey,
    LinkPurpose.REOPEN: show_reopening,
    LinkPurpose.UNSUBSCRIBE: show_unsubscribing,
}


def portal_routes(services: Services) -> list[BaseRoute]:
    """The routes of all pages."""
    return [
        Route(f"/{purpose.value}/{{token}}", linked(services, purpose, show), methods=["GET", "POST"])
        for purpose, show in PAGES.items()
    ]
