"""Messages as HTML that is safe to show."""

from __future__ import annotations

from markdown_it import MarkdownIt

# Raw HTML in a message is shown as text, and links to scripts are not made: markdown-it's own rules.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_MARKDOWN.disable("image")


def to_html(text: str) -> str:
    """CommonMark with tables, without raw HTML or images (an image tells its server who read the message, and when)."""
    return str(_MARKDOWN.render(text))
