"""Variables of canned responses: pure text"""

from __future__ import annotations

import time

import pytest

from models.errors import InvalidInput
from rag.markdown import to_html
from resolvers.variables import VARIABLES, Filled, fill, filled, literal, names_in

VALUES = {name: f"<{name}>" for name in VARIABLES}


def test_each_variable_is_filled_wherever_it_stands() -> None:
    text = "{{requester.name}}: {{ticket.number}}, {{  requester.name\t}}"

    outcome = fill(text, {"requester.name": "Ann", "ticket.number": "7"})

    assert outcome == Filled("Ann: 7, Ann")


def test_what_has_no_value_and_what_is_no_variable_is_told() -> None:
    outcome = fill("{{ticket.category}}|{{ who }}|{{requester.name}}|{{who}}", {"requester.name": "Ann"})

    assert outcome == Filled("|{{ who }}|Ann|{{who}}", missing=("ticket.category",), unknown=("who",))


@pytest.mark.parametrize(
    "text",
    [r"\{{requester.name}}", r"\{\{requester.name\}\}", "{requester.name}", "{{requester.name", "{ {requester.name} }"],
)
def test_other_braces_are_plain_text(text: str) -> None:
    assert names_in(text) == []
    assert fill(text, VALUES) == Filled(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{{who}}", "There is no variable {{who}}. There are: {{ticket.number}}, "),
        ("{{ticket.category}}", "This ticket has no value for {{ticket.category}}: write it yourself."),
    ],
)
def test_what_can_not_be_filled_is_not_sent(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        filled(text, {"requester.name": "Ann"}, "body")
    assert refused.value.message.startswith(sentence)
    assert refused.value.path == ("body",)


NAMES = [
    "Ann",
    "O'Brien-Smith, Jr.",
    "{{agent.name}}",
    "{{{organization.name}}}",
    "*Ann* __Ann__ _Ann_ ~~Ann~~ `Ann`",
    "[Ann](https://example.com) ![x](y) <https://example.com> <b>Ann</b>",
    "\\{{agent.name}} \\*",
    "# Ann",
    "1. Ann",
    "12) Ann",
    "- Ann",
    "+ Ann",
    "> Ann",
    "a | b",
    "&amp; &#123;",
    "ann_b_c@example.org",
    "=====",
    "_",
    "__init__",
    "日本語 {名}",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("text", ["{{requester.name}}", "Dear {{requester.name}}!", "- {{requester.name}}"])
def test_a_value_is_shown_as_it_is_and_never_filled_again(name: str, text: str) -> None:
    values = {"requester.name": name, "agent.name": "AGENT", "organization.name": "ORGANIZATION"}

    once = fill(text, values).body

    assert fill(once, values) == Filled(once)
    # As HTML it reads like plain words, whose letters alone are escaped.
    plain = fill(text, {"requester.name": "NAME"}).body
    shown = name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    assert to_html(once) == to_html(plain).replace("NAME", shown)


def test_a_value_is_one_line() -> None:
    assert literal(" a\n\n# b\tc ") == r"a \# b c"


@pytest.mark.parametrize("text", ["{{" * 25_000, "{{" + " " * 49_000, "{" * 50_000, "{{a}}" * 10_000, "}}{{" * 12_500])
def test_the_longest_text_takes_no_time(text: str) -> None:
    begun = time.process_time()
    fill(text, VALUES)
    names_in(text)
    assert time.process_time() - begun < 0.1
