"""Events of what an organization keeps for its work, as clients see them: articles, categories, views, settings."""

from __future__ import annotations

from collections.abc import Mapping

import strawberry

from graphql_api.reading.reads import column, id_of, to_one
from graphql_api.types import enums as enums
from graphql_api.types.articles import ArticleType
from graphql_api.types.canned_responses import CannedResponseType
from graphql_api.types.categories import CategoryType
from graphql_api.types.event import EventType
from graphql_api.types.organizations import OrganizationType
from graphql_api.types.settings import SupportSettingsType
from graphql_api.types.views import SavedViewType
from models import events as facts
from models.fact import Change, Fact


@strawberry.type(name="ArticleChanged", description="An article was created, changed or deleted.")
class ArticleChangedType(EventType):
    """facts.ArticleChanged"""

    article_id: strawberry.ID = id_of("article_id", "art", "The article's id, even if it is deleted.")
    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once deleted.")
    change: Change | None = column("change", "What happened to it; null in events of an earlier release.", enum=Change)


@strawberry.type(name="ArticleIndexed", description="An article's present text is indexed for search and drafts.")
class ArticleIndexedType(EventType):
    """facts.ArticleIndexed"""

    article: ArticleType | None = to_one(lambda: ArticleType, "article_id", "The article; null once deleted.")


@strawberry.type(name="CategoryChanged", description="A category was created, changed or deleted.")
class CategoryChangedType(EventType):
    """facts.CategoryChanged"""

    category_id: strawberry.ID = id_of("category_id", "cat", "The category's id, even if it is deleted.")
    category: CategoryType | None = to_one(
        lambda: CategoryType, "category_id", "The category; null once deleted, also on its tickets."
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="CannedResponseChanged", description="A canned response was created, changed or deleted.")
class CannedResponseChangedType(EventType):
    """facts.CannedResponseChanged"""

    canned_response_id: strawberry.ID = id_of("canned_response_id", "can", "Its id, even if it is deleted.")
    canned_response: CannedResponseType | None = to_one(
        lambda: CannedResponseType, "canned_response_id", "The canned response; null once deleted."
    )
    change: Change = column("change", "What happened to it.", enum=Change)


@strawberry.type(name="SavedViewChanged", description="A saved view was created, changed or deleted.")
class SavedViewChangedType(EventType):
    """facts.SavedViewChanged"""

    view_id: strawberry.ID = id_of("view_id", "view", "The view's id, even if you no longer see it.")
    view: SavedViewType | None = to_one(
        lambda: SavedViewType, "view_id", "The view; null once it is deleted or no longer shared with you."
    )
    change: Change = column("change", "What happened to it.", enum=Change)
    shared: bool = column("shared", "Whether others saw it before or see it now.")


@strawberry.type(name="SettingsChanged", description="The organization's settings changed.")
class SettingsChangedType(EventType):
    """facts.SettingsChanged"""

    version: int = column("version", "The settings' version after the change.")
    settings: SupportSettingsType | None = to_one(
        lambda: SupportSettingsType,
        "settings_id",
        "The settings as they are now; null in events of an earlier release.",
    )
    organization: OrganizationType = to_one(
        lambda: OrganizationType, "organization_id", "The organization; its time zone is one of the settings."
    )


CONTENT_EVENT_TYPES: Mapping[type[Fact], type[EventType]] = {
    facts.ArticleChanged: ArticleChangedType,
    facts.ArticleIndexed: ArticleIndexedType,
    facts.CategoryChanged: CategoryChangedType,
    facts.CannedResponseChanged: CannedResponseChangedType,
    facts.SavedViewChanged: SavedViewChangedType,
    facts.SettingsChanged: SettingsChangedType,
}
