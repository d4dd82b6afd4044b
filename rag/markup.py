"""Turns articles written in MDX or HTML into plain Markdown, and Markdown into plain words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Final

FENCE: Final = re.compile(r"^([ \t>]*)(`{3,}|~{3,})(.*)$")
"""A line that opens or closes a block of code: its indentation, the fence, what follows."""

_CODE_SPAN: Final = re.compile(r"(?<!`)(`{1,4})(?!`)[^\n]*?[^`\n]\1(?!`)")
_HELD: Final = re.compile("\ue000(\\d+)\ue001")

# Articles come from strangers: a pattern stops at the next "<" or runs to the end, so hostile text costs linear time.
_BRACES: Final = r"\{(?:[^{}<]|\{[^{}<]*\})*\}"
_ATTRIBUTES: Final = rf"""(?:\s(?:[^<>"'{{}}]|"[^"<]*"|'[^'<]*'|{_BRACES})*)?"""
_BLOCK_TAGS: Final = (
    "address|article|aside|blockquote|center|dd|details|div|dl|dt|figcaption|figure|footer|header|hr|main|nav|ol|p|"
    "section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_INLINE_TAGS: Final = (
    "abbr|b|big|button|cite|code|del|dfn|em|font|i|img|input|ins|kbd|label|mark|picture|q|s|samp|small|source|span|"
    "strong|sub|sup|time|tt|u|var|video|wbr"
)
_COMPONENT: Final = re.compile(rf"<(/?)([A-Z][A-Za-z0-9]*)({_ATTRIBUTES})(/?)>")
_CAPTION: Final = re.compile(r"""\b(?:title|label)=(?:"([^"]+)"|'([^']+)')""")
_ROW: Final = re.compile(r"<tr\b[^<>]*>(.*?)(?:</tr\s*>|(?=<tr\b)|\Z)", re.S | re.I)
_CELL: Final = re.compile(r"<t[dh]\b[^<>]*>(.*?)(?=</?t[dh]\b|\Z)", re.S | re.I)
_BREAK: Final = re.compile(rf"</?(?:br|li|{_BLOCK_TAGS})\b[^<>]*>", re.I)


def plain_markdown(source: str) -> str:
    """The article's Markdown without comments, tags, images, attribute lists and callout markers.

    What they enclose stays, word for word; code is never touched. A link that works anywhere stays a link, one
    into its own site or page leaves its text. Text that only looks like a tag (`<port>`) stays as well.
    """
    held: list[str] = []

    def hold(code: str) -> str:
        held.append(code)
        return f"\ue000{len(held) - 1}\ue001"

    text = source.replace("\r\n", "\n").replace("\ue000", "").replace("\ue001", "")
    text = _CODE_SPAN.sub(lambda match: hold(match[0]), _hold_fences(text, hold))
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = "\n".join(line.rstrip() for line in _without_components(text).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", text).strip("\n")
    return _HELD.sub(lambda match: held[int(match[1])], text)


def plain_words(markdown: str) -> str:
    """The text as a reader sees it, on one line: no marks, no addresses. For embedding and word search."""
    for pattern, replacement in _MARKS:
        markdown = pattern.sub(replacement, markdown)
    return " ".join(html.unescape(markdown).split())


def _hold_fences(text: str, hold: Callable[[str], str]) -> str:
    """Puts each fenced block aside; one inside a quote loses the quote marks, as its surroundings do."""
    lines: list[str] = []
    block: list[str] = []
    lead = fence = ""
    for line in text.split("\n"):
        match = FENCE.match(line)
        if fence:
            block.append(line.removeprefix(lead) if ">" in lead else line)
            closing = match is not None and match[2].startswith(fence) and not match[3].strip()
        elif match is not None and "`" not in match[3]:
            lead, fence, closing = match[1], match[2], False
            block = [line.removeprefix(lead) if ">" in lead else line]
        else:
            lines.append(line)
            continue
        if closing:
            lines.append(hold("\n".join(block)))
            fence = ""
    if fence:
        lines.append(hold("\n".join([*block, fence])))
    return "\n".join(lines)


def _without_components(text: str) -> str:
    """Drops JSX tags but keeps their captions; a capitalised placeholder such as `<VERSION>` is no component."""
    closed = {match[2] for match in _COMPONENT.finditer(text) if match[1]}

    def dropped(match: re.Match[str]) -> str:
        if not (match[2] in closed or match[3].strip() or match[4]):
            return match[0]
        caption = _CAPTION.search(match[3])
        return f"\n\n**{caption[1] or caption[2]}**\n\n" if caption else "\n\n"

    return _COMPONENT.sub(dropped, text)


def _tag(names: str, slash: str = "/?") -> re.Pattern[str]:
    return re.compile(rf"<{slash}(?:{names}){_ATTRIBUTES}/?>", re.I)


def _anchor(match: re.Match[str]) -> str:
    target, text = match["quoted"] or match["single"] or "", " ".join(match["text"].split())
    return f"[{text}]({target})" if text and target.startswith(("http://", "https://")) else text


def _table(match: re.Match[str]) -> str:
    """The table in Markdown, each row on one line."""
    rows = [[" ".join(_BREAK.sub(" ", cell).split()) for cell in _CELL.findall(row)] for row in _ROW.findall(match[1])]
    lines = ["| " + " | ".join(row) + " |" for row in rows if any(row)]
    if lines:
        lines.insert(1, "|" + " --- |" * (lines[0].count(" | ") + 1))
    return "\n\n" + "\n".join(lines) + "\n\n"


def _link(match: re.Match[str]) -> str:
    return match[0] if match["target"].startswith(("http://", "https://", "mailto:")) else match["text"]


_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_TARGET: Final = r"(?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)"
_RULES: Final[tuple[_Rule, ...]] = (
    (re.compile(r"<!--.*?(?:-->|\Z)|\{/\*.*?(?:\*/\}|\Z)", re.S), ""),
    (re.compile(r"<(script|style|iframe|svg)\b.*?(?:</\1\s*>|\Z)", re.S | re.I), ""),
    (re.compile(r"^import\s(?:[^\n]*\sfrom\s)?\s?['\"][^\n]*$|^export\s(?:const|default|function|let)\s.*$", re.M), ""),
    (re.compile(r"^([ \t]*)(?:>[ \t]?)+", re.M), r"\1"),  # quotes, then the markers of callouts in them
    (re.compile(r"^([ \t]*)\[![A-Za-z]+\][ \t]*", re.M), r"\1"),
    (re.compile(r"^[ \t]*:::+[ \t]*\w*[ \t]*(.*)$", re.M), r"\1"),
    (_tag(_INLINE_TAGS), ""),
    (re.compile(r"<table\b[^<>]*>(.*?)(?:</table\s*>|\Z)", re.S | re.I), _table),
    (re.compile(r"<h([1-6])\b[^<>]*>", re.I), lambda match: "\n\n" + "#" * int(match[1]) + " "),
    (_tag("h[1-6]", "/"), "\n\n"),
    (re.compile(r"<li\b[^<>]*>\s*", re.I), "\n* "),
    (_tag("li", "/"), ""),
    (re.compile(r"<br\b[^<>]*>[ \t]*", re.I), "\n"),
    (re.compile(rf"</?(?:{_BLOCK_TAGS}){_ATTRIBUTES}/?>[ \t]*|</?>", re.I), "\n\n"),
    (
        re.compile(
            r"<a\s(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*?\bhref=(?:\"(?P<quoted>[^\"<]*)\"|'(?P<single>[^'<]*)')[^<>]*>"
            r"(?P<text>[^<]*)</a\s*>",
            re.I,
        ),
        _anchor,
    ),
    (_tag("a"), ""),
    (re.compile(r"!\[[^\[\]]*\]\([^()\n]*(?:\([^()\n]*\)[^()\n]*)*\)"), ""),
    (re.compile(rf"\[(?P<text>[^\[\]]*)\]\({_TARGET}(?:[ \t]+[\"'][^\n)]*)?\)"), _link),
    (re.compile(r"\[[ \t]*\]\([^()\s]*\)|\[\^[^\[\]\s]+\]:?|[ \t]?\{[.#][^{}\n]*\}"), ""),
    (re.compile(r"^[ \t]{0,3}(?:-[ \t]?){3,}$|^[ \t]{0,3}(?:\*[ \t]?){3,}$", re.M), ""),
)

_MARKS: Final[tuple[_Rule, ...]] = (
    (re.compile(r"^[ \t]*(?:`{3,}|~{3,}).*$", re.M), " "),
    (re.compile(r"^[ \t]*(?:#{1,6}|[*+-]|\d{1,3}[.)])[ \t]+", re.M), ""),
    (re.compile(r"^[ \t]*\|[ \t|:-]+$|\|", re.M), " "),
    (re.compile(rf"\[(?P<text>[^\[\]]*)\]\({_TARGET}[^\n()]*\)"), r"\g<text>"),
    (re.compile(r"<?\bhttps?://[^\s<>]+>?"), " "),
    (re.compile(r"[*`]+|(?<!\w)_+|_+(?!\w)"), ""),
    (re.compile(r"\\(?=[^\w\s])"), ""),
)
