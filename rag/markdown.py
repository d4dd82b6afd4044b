"""Messages as HTML that is safe to show."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from html import escape
from itertools import accumulate, takewhile

from markdown_it import MarkdownIt

# Raw HTML in a message is shown as text, and links to scripts are not made: markdown-it's own rules.
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table", "strikethrough"])
_MARKDOWN.disable("image")

MOST_MARKS = 4_000
"""A text with more line ends and signs that may mean something is a log or worse, and is shown as it is."""

TURN = 20_000
"""How many letters are rendered before others have a turn, give or take a text."""

MARK = re.compile(r"[\n\r*_`~\[\]<>|#&\\]")
# One at a time: two would take as long, and the event loop would wait for both.
_THREAD = ThreadPoolExecutor(1, "markdown")


def to_html(text: str) -> str:
    """CommonMark with tables, without raw HTML or images (an image tells its server who read the message, and when).

    Parsing takes time for each mark, not for each letter: 50,000 brackets would take a second.
    """
    if len(MARK.findall(text)) > MOST_MARKS:
        return shown_as_it_is(text)
    return str(_MARKDOWN.render(text))


def shown_as_it_is(text: str) -> str:
    """A text as HTML that shows it sign by sign."""
    return f"<pre>{escape(text)}</pre>\n"


async def rendered(texts: Sequence[str]) -> list[str]:
    """Each text as HTML, worked out beside the event loop; after a few short ones or a long one others have a turn."""
    loop, found = asyncio.get_running_loop(), list[str]()
    while len(found) < len(texts):
        found += await loop.run_in_executor(_THREAD, _turn, texts, len(found))
    return found


def _turn(texts: Sequence[str], begin: int) -> list[str]:
    lengths = accumulate(len(text) for text in texts[begin:])
    end = begin + 1 + sum(1 for _ in takewhile(lambda length: length < TURN, lengths))
    return [to_html(text) for text in texts[begin:end]]
