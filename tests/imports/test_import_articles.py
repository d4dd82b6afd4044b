"""`helpdesk import articles`: names what it can't read, leaves alone what is unchanged, embeds nothing twice."""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable
from pathlib import Path

from rich.console import Console

from helpdesk.importing import Outcome, import_articles
from models.settings import Settings
from tests.world import World

ARTICLE = """---
id: {id}
title: How to descale the kettle
category: Care
section: Kettles
---

## Descaling

Fill it to the mark with water and two spoons of citric acid, boil, wait twenty minutes, rinse twice.
"""


async def test_articles_are_indexed_once(
    an_organization: Callable[[], Awaitable[World]], database_url: str, tmp_path: Path
) -> None:
    world = await an_organization()
    slug = await world.database.fetchval("SELECT slug FROM support_organization WHERE id = $1", world.id)
    (tmp_path / "kettle.mdx").write_text(ARTICLE.format(id="k-1"), encoding="utf-8")
    (tmp_path / "cup.md").write_text(ARTICLE.format(id="k-2").replace("kettle", "cup"), encoding="utf-8")
    (tmp_path / "broken.md").write_text("no front matter", encoding="utf-8")
    (tmp_path / "latin.md").write_bytes(b"---\nid: \xe4")
    (tmp_path / "[odd].md").write_text(ARTICLE.format(id="\x01"), encoding="utf-8")
    (tmp_path / "long.md").write_text(ARTICLE.format(id="x" * 201), encoding="utf-8")
    (tmp_path / "twice.md").write_text(ARTICLE.format(id="k-1"), encoding="utf-8")
    said = io.StringIO()

    async def run() -> Outcome:
        return await import_articles(Settings(), database_url, tmp_path, slug, Console(file=said, width=100))

    async def stored() -> list[tuple[object, ...]]:
        rows = await world.database.fetch(
            "SELECT c.id, c.embedding, a.indexed_at FROM support_article_chunk c JOIN support_article a"
            " ON a.id = c.article_id WHERE a.organization_id = $1 ORDER BY c.id",
            world.id,
        )
        return [tuple(row) for row in rows]

    first = await run()
    chunks = await stored()
    again = await run()

    assert (first.added, first.known) == (2, 0)
    assert [place for place, _ in first.refused] == ["[odd].md", "broken.md", "latin.md", "long.md", "twice.md"]
    assert len(chunks) >= 2
    assert (again.added, again.changed, again.known) == (0, 0, 2)
    assert await stored() == chunks
    assert "Importing articles" in said.getvalue()
    assert "Indexing articles" in said.getvalue()
