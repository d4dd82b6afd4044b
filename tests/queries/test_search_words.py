"""tickets(search:): what counts as a word, and what may differ in it"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.client import GraphQLErrors
from tests.queries.searches import BY_NUMBER, SEARCH, Make, hits, tickets
from tests.world import Helpdesk


async def test_a_quoted_phrase_stands_as_it_is(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(
        helpdesk,
        ("Hello", "The blue screen of death."),
        ("Hello", "The screen is blue, to death."),
        ("Blue screens", "Two of them."),
    )

    assert await hits(helpdesk.agent, '"blue screen"') == [1]
    assert await hits(helpdesk.agent, "„blue screen“") == [1]
    assert await hits(helpdesk.agent, '"blue screen') == [1]
    assert await hits(helpdesk.agent, "blue screen") == [1, 2, 3]
    assert await hits(helpdesk.agent, '"screen is" death') == [2]


async def test_the_last_word_may_be_unfinished(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Subscription", "I want to cancel."), ("Substance", "What is in it?"))

    assert await hits(helpdesk.agent, "subs") == [1, 2]
    assert await hits(helpdesk.agent, "subsc") == [1]
    assert await hits(helpdesk.agent, "cancel sub") == [1]
    # Once a space or another word follows, it is finished.
    assert await hits(helpdesk.agent, "subs ") == []
    assert await hits(helpdesk.agent, "subs cancel") == []


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("All printers crashed.", "printer crash "),
        ("My printer is crashing.", "printers crashed "),
        ("Die Rechnungen sind falsch.", "rechnung "),
        ("Meine Rechnung ist falsch.", "rechnungen "),
        ("In der Straße gibt es Lärm.", "strasse larm "),
        ("Cafe at the corner", "café "),
        ("Gru\u0308\u00dfe aus Ko\u0308ln", "grüße köln "),
        ("Mail to jane.doe@example.test please", "jane.doe@example.test "),
        ("Mail to jane.doe@example.test please", "doe "),
        ("See https://example.test/help?page=4711 there", "4711 "),
        ("Error 0x80070005 in ABC-123/45", "abc-123 0x80070005 "),
        ("snake_case and wi-fi", "case wi-fi "),
        ("Это не работает", "РАБОТАЕТ "),
    ],
)
async def test_endings_accents_and_punctuation_are_forgiven(a_helpdesk: Make, said: str, asked: str) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Hello", said), ("Other", "Nothing of the kind."))

    assert await hits(helpdesk.agent, asked) == [1]


async def test_numbers_that_no_ticket_has_are_words(a_helpdesk: Make) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Serial", "It says 99999999999999999999 below."))

    assert await hits(helpdesk.agent, "99999999999999999999") == [1]
    assert await hits(helpdesk.agent, "#4711") == []
    assert await hits(helpdesk.agent, "0") == []


@pytest.mark.parametrize("search", [None, "", " ", "\t\n", "...", '"', '""', "!? & | :*", "'", "\\", "—", "😀"])
async def test_a_search_for_nothing_is_none(a_helpdesk: Make, search: str | None) -> None:
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("One", "a"), ("Two", "b"))

    assert await hits(helpdesk.agent, search) == [1, 2]
    shown = (await helpdesk.agent.query(SEARCH, search=search, order={"field": "RELEVANCE"}))["tickets"]
    assert [each["number"] for each in shown["nodes"]] == [2, 1]


@pytest.mark.parametrize(
    ("search", "message"),
    [
        ("x" * 201, "A search has at most 200 characters."),
        (" ".join("abcdefghijklm"), "A search has at most 12 words and phrases."),
    ],
)
async def test_a_search_that_is_too_long_is_refused(a_helpdesk: Make, search: str, message: str) -> None:
    helpdesk = await a_helpdesk()

    with pytest.raises(GraphQLErrors) as refusal:
        await hits(helpdesk.agent, search)

    (error,) = refusal.value.errors
    assert error["message"] == message
    assert error["extensions"] == {"code": "INVALID_INPUT", "path": ["search"]}
    assert await hits(helpdesk.agent, "x" * 200) == []
    assert await hits(helpdesk.agent, " ".join("abcdefghijkl")) == []


ODD = (
    "& | ! <-> :* ( ) {} {0} $1 % _ -- ; NULL router #1 # ß İ ﬁ ² ½ ٣ e\u0301 \u0301 क् \u200b \ufeff 𝒓 1e400 -0 ' \" \\"
)
HOSTILE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200) | st.lists(
    st.sampled_from(ODD.split()), max_size=12
).map(" ".join)


@pytest.fixture
async def with_a_router(a_helpdesk: Make) -> Helpdesk:
    """One for all examples of a test."""
    helpdesk = await a_helpdesk()
    await tickets(helpdesk, ("Router", "a"))
    return helpdesk


@given(search=HOSTILE)
@example(search="'); DROP TABLE support_ticket; --")
@example(search="router' | ''")
@example(search="a:*b & !c")
@example(search="²")
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_breaks_a_search(with_a_router: Helpdesk, search: str) -> None:
    for order in (None, BY_NUMBER):
        for by in (with_a_router.agent, with_a_router.customer):
            answer = (await by.post(SEARCH, search=search, order=order)).json()
            codes = [error["extensions"]["code"] for error in answer.get("errors", [])]
            assert codes in ([], ["INVALID_INPUT"]), (search, answer)
