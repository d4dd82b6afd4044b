"""A help-centre article is a Markdown file with front matter."""

from __future__ import annotations

import pytest

from rag.articles import ArticleFile, UnreadableArticle, parse_article


def test_front_matter_and_body_are_read() -> None:
    text = (
        "---\nid: '0042'\ntitle: \"Lamp: first steps\"\ncategory: Lamps\nsection: Set-up\n"
        "source: https://lamp.example\nlicense: CC0\nauthor: Kim\n---\n\n# Hello\n\n---\n\nEnd.\n"
    )

    assert parse_article(text) == ArticleFile(
        id="0042",
        title="Lamp: first steps",
        body="# Hello\n\n---\n\nEnd.",
        category="Lamps",
        section="Set-up",
        source="https://lamp.example",
        license="CC0",
    )


def test_values_stay_text_whatever_they_look_like() -> None:
    article = parse_article("---\nid: 007\ntitle: 2026-01-31\ncategory: no\nsection:\n---\r\n")

    assert article == ArticleFile(id="007", title="2026-01-31", body="", category="no")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("# Lamp", 1, "Line 1: An article begins with its front matter between two lines of ---."),
        ("", 1, "Line 1: An article begins with its front matter between two lines of ---."),
        ("---\nid: 1\ntitle: a", 3, "Line 3: The front matter has no closing line of ---."),
        ("---\n- id\n---\n", 2, "Line 2: The front matter must be a list of `name: value` lines."),
        ("---\nid: 1\n---\n", 1, "Line 1: The front matter needs a text for `title`."),
        ("---\nid: 1\ntitle: [a]\n---\n", 3, "Line 3: The front matter needs a text for `title`."),
        (
            "---\nid: 1\ntitle: 'a\n---\n",
            3,
            "Line 3: The front matter is not valid YAML: found unexpected end of stream.",
        ),
    ],
)
def test_an_unreadable_article_says_why_and_where(text: str, line: int, message: str) -> None:
    with pytest.raises(UnreadableArticle) as refusal:
        parse_article(text)

    assert (refusal.value.line, refusal.value.message) == (line, message)
