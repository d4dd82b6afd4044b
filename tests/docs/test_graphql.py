"""Every GraphQL document in the documentation is one that the schema understands"""

from __future__ import annotations

import pytest
from graphql import parse, validate

from graphql_api.schema import CORE_SCHEMA
from tests.docs.blocks import Block, blocks, pages

DOCUMENTS = [block for page in pages() for block in blocks(page) if block.language == "graphql"]


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) >= 3


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda block: f"{block.page.name}: {block.heading}")
def test_a_document_is_valid(document: Block) -> None:
    assert validate(CORE_SCHEMA, parse(document.text)) == []
