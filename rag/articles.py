"""Reads a help-centre article from a Markdown or MDX file with front matter."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from models.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """An article as its file says it. `id` is its name where it comes from; `body` is the file's text, unchanged."""

    id: str
    title: str
    body: str
    category: str | None = None
    section: str | None = None
    source: str | None = None
    license: str | None = None


class UnreadableArticle(InvalidInput):
    """The file is no article; `line` says where it goes wrong, as far as that is known."""

    def __init__(self, why: str, line: int | None = None) -> None:
        super().__init__(why if line is None else f"Line {line}: {why}")
        self.line = line


def parse_article(text: str) -> ArticleFile:
    """The article in `text`: YAML between two lines of `---`, then Markdown. Unknown fields are ignored."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != "---":
        raise UnreadableArticle("An article begins with its front matter between two lines of ---.", 1)
    closing = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if closing is None:
        raise UnreadableArticle("The front matter has no closing line of ---.", len(lines))
    fields = _front_matter(lines[1:closing])
    return ArticleFile(
        id=_required(fields, "id", lines),
        title=_required(fields, "title", lines),
        body="\n".join(lines[closing + 1 :]).strip("\n"),
        category=fields.get("category"),
        section=fields.get("section"),
        source=fields.get("source"),
        license=fields.get("license"),
    )


def _front_matter(lines: list[str]) -> dict[str, str]:
    """Scalars as text, whatever type YAML would give them; an id of digits keeps its zeros."""
    try:
        fields = yaml.load("\n".join(lines), Loader=yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 2 if error.problem_mark else None
        raise UnreadableArticle(f"The front matter is not valid YAML: {error.problem}.", line) from error
    except yaml.YAMLError as error:
        raise UnreadableArticle("The front matter is not valid YAML: it has a character that YAML refuses.") from error
    if not isinstance(fields, dict):
        raise UnreadableArticle("The front matter must be a list of `name: value` lines.", 2)
    return {str(name): value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}


def _required(fields: dict[str, str], name: str, lines: list[str]) -> str:
    if name not in fields:
        line = next((number for number, line in enumerate(lines, 1) if line.startswith(f"{name}:")), None)
        raise UnreadableArticle(f"The front matter needs a text for `{name}`.", line or 1)
    return fields[name]
