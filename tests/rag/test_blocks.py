"""Markdown is read as blocks and sentences that can be quoted whole."""

from __future__ import annotations

from rag.blocks import BlockKind, blocks, joined, sentences

MARKDOWN = """\
# Lamp

Two lines
of a paragraph.
* First
* Second
  goes on

  and on:

  ```
not indented
  ```

| a | b |
| - | - |

1. Step
2) Step

```
# no heading
```"""


def test_blocks_are_told_apart() -> None:
    assert [(block.kind, block.loose) for block in blocks(MARKDOWN)] == [
        (BlockKind.HEADING, True),
        (BlockKind.PARAGRAPH, True),
        (BlockKind.ITEM, False),
        (BlockKind.ITEM, False),
        (BlockKind.TABLE, True),
        (BlockKind.ITEM, True),
        (BlockKind.ITEM, False),
        (BlockKind.CODE, True),
    ]


def test_joining_the_blocks_gives_the_text_again() -> None:
    assert joined(blocks(MARKDOWN)) == MARKDOWN


def test_sentences_end_where_the_next_one_begins() -> None:
    assert sentences("Is it on? Wait 1.5 s, e.g. Monday. Then: go!\nDone.") == [
        "Is it on?",
        "Wait 1.5 s, e.g. Monday.",
        "Then: go!",
        "Done.",
    ]


def test_emphasis_code_and_links_are_never_cut() -> None:
    prose = "**Stop. Wait** a bit. Run `a. B` now. See [Dim. Then go](https://lamp.example). End."

    assert sentences(prose) == [
        "**Stop. Wait** a bit.",
        "Run `a. B` now.",
        "See [Dim. Then go](https://lamp.example).",
        "End.",
    ]
