"""Articles come as MDX and HTML; what is searched and quoted is plain Markdown."""

from __future__ import annotations

import time

import pytest

from rag.markup import plain_markdown, plain_words


def test_tags_go_and_their_text_stays() -> None:
    source = 'Press <kbd>Ctrl</kbd> + <kbd class="wide">S</kbd>, <b>then</b> wait.'

    assert plain_markdown(source) == "Press Ctrl + S, then wait."


def test_callouts_keep_their_text() -> None:
    source = "> [!NOTE]\n> Charge the lamp first.\n\n:::tip Battery\nKeep it warm.\n:::"

    assert plain_markdown(source) == "Charge the lamp first.\n\nBattery\nKeep it warm."


def test_components_go_with_braces_and_arrows_in_their_attributes() -> None:
    source = '<Tabs onPick={(tab) => open({tab})}>\n<Tab title="Windows">Open it.</Tab>\n</Tabs>\n<Divider />'

    assert plain_markdown(source) == "**Windows**\n\nOpen it."


def test_what_only_looks_like_a_tag_or_an_expression_stays() -> None:
    source = "Replace <PORT> and {name}, if a < b, with <https://lamp.example/a>."

    assert plain_markdown(source) == source


def test_code_is_never_touched() -> None:
    source = "Run `<b>{x}</b>` or:\n\n```html\n<!-- kept --> <br>\n> [!NOTE]\n```"

    assert plain_markdown(source) == source


def test_code_in_a_callout_loses_the_quote_marks_only() -> None:
    assert plain_markdown("> Run:\n>\n> ```\n> <go>\n> ```") == "Run:\n\n```\n<go>\n```"


def test_code_that_is_never_closed_is_closed() -> None:
    assert plain_markdown("Run:\n\n```\n<go>") == "Run:\n\n```\n<go>\n```"


def test_links_that_work_anywhere_stay_links() -> None:
    source = 'See <a class="x" href="https://lamp.example/a">the <em>manual</em></a>, [shop](https://lamp.example).'

    assert plain_markdown(source) == "See [the manual](https://lamp.example/a), [shop](https://lamp.example)."


def test_links_into_the_own_site_leave_their_text() -> None:
    assert (
        plain_markdown("See [Reset](#reset), [Light](/light) and <a name='x'>here</a>.") == "See Reset, Light and here."
    )


def test_comments_images_imports_and_attribute_lists_go() -> None:
    source = (
        "import Lamp from './lamp'\nexport const meta = {}\n\n<!-- draft\n-->{/* also */}"
        "## Reset{#reset}\n\n![A lamp](lamp.png)\nHold it.[^1]\n\n---\n\nDone{.small}."
    )

    assert plain_markdown(source) == "## Reset\n\nHold it.\n\nDone."


def test_html_lists_headings_and_tables_become_markdown() -> None:
    source = (
        "<h2>Colours</h2><ul><li>Red</li><li>Blue</li></ul>"
        "<table><tr><th>Mode</th><th>Light</th></tr><tr><td>Eco</td><td>Blue<br>only</td></tr></table>"
    )

    assert plain_markdown(source) == (
        "## Colours\n\n* Red\n* Blue\n\n| Mode | Light |\n| --- | --- |\n| Eco | Blue only |"
    )


def test_plain_words_have_no_marks_and_no_addresses() -> None:
    markdown = "## Set `max_level`\n\n1. Open [the **app**](https://lamp.example/app).\n* _Dim_ &amp; \\<wait\\> https://x.example"

    assert plain_words(markdown) == "Set max_level Open the app. Dim & <wait>"


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        '<a "',
        "<A {",
        "<!--",
        "{/*",
        "<table><tr><td>",
        "[x](",
        "![a]((",
        "`",
        "> ",
        "* ",
        " ",
        "<li>",
        "[^",
        "- ",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    source = piece * (100_000 // len(piece))
    started = time.thread_time()

    plain_words(plain_markdown(source))

    assert time.thread_time() - started < 2
