"""ResyncRequired tells what its `reason` may be"""

from __future__ import annotations

import re

from graphql import GraphQLObjectType

from graphql_api.schema import CORE_SCHEMA
from subscriptions.items import ResyncReason


def test_every_reason_is_described() -> None:
    shown = CORE_SCHEMA.type_map["ResyncRequired"]
    assert isinstance(shown, GraphQLObjectType)
    assert set(re.findall("`(.+?)`", shown.fields["reason"].description or "")) == set(ResyncReason)
