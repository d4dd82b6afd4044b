"""A draft quotes one article word for word, or is written by a chat model that cites its passages."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

from rag.chat import ChatModel, ModelUnavailable
from rag.passages import Passage
from rag.replies import SuggestedReply
from rag.suggestion import suggest_reply
from tests.rag.parts import HelpCentre

BATTERY = """\
Learn how to replace the battery of your lamp.

The battery lasts for three years. You can buy a new one in our [shop](https://lamp.example/shop). Lamps are recycled.

## Replace the battery

Do this with dry hands:

1. Unscrew the cap at the bottom.
2. Pull the old battery out.

   Keep it away from children.
3. Push the new one in, with the plus sign up.

## Warranty

Batteries are not covered.
"""
STEPS = BATTERY.partition("## Replace the battery\n\n")[2].partition("\n\n## Warranty")[0]


class Scripted(BaseChatModel):
    """A chat model that says what it is told to and remembers what it was asked."""

    answer: str = ""
    outage: Exception | None = None
    delay: float = 0
    asked: list[list[BaseMessage]] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        self.asked.append(messages)
        if self.outage:
            raise self.outage
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self.answer))])

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        await asyncio.sleep(self.delay)
        return self._generate(messages)


@pytest.fixture
async def lamps(help_centre: HelpCentre) -> HelpCentre:
    """A help centre with three articles."""
    await help_centre.write("Batteries", BATTERY)
    await help_centre.write("Pairing", "Hold the button for five seconds until the light turns blue. Open the app.")
    await help_centre.write("Returns", "You may return a lamp within 30 days. Print the label first.")
    return help_centre


async def draft(lamps: HelpCentre, question: str, model: Scripted | None = None) -> SuggestedReply:
    passages = await lamps.knowledge.search(lamps.id, question)
    chat = ChatModel("scripted", model) if model else None
    return await suggest_reply(question, passages, lamps.knowledge.embeddings, chat)


async def found(lamps: HelpCentre, question: str) -> Sequence[Passage]:
    return await lamps.knowledge.search(lamps.id, question)


async def test_a_list_is_quoted_whole_with_the_line_that_leads_to_it(lamps: HelpCentre) -> None:
    reply = await draft(lamps, "How do I change the battery?")

    assert reply.text == STEPS
    assert (reply.answerable, reply.model) == (True, "extractive")
    (source,) = reply.sources
    assert (source.title, source.heading, source.excerpt) == ("Batteries", "Replace the battery", STEPS)
    assert source.url == f"https://help.example/{source.article_id}"
    assert source.score == (await found(lamps, "How do I change the battery?"))[0].score


async def test_sentences_are_quoted_whole_with_their_links(lamps: HelpCentre) -> None:
    reply = await draft(lamps, "Where can I buy a new battery?")

    assert "You can buy a new one in our [shop](https://lamp.example/shop)." in reply.text
    assert "recycled" not in reply.text
    assert "Learn how" not in reply.text


async def test_quotes_of_several_sections_stand_under_their_headings(help_centre: HelpCentre) -> None:
    body = "## On the phone\n\n1. Stop the newsletter in the app.\n\n## By mail\n\n1. Stop the newsletter by mail."
    await help_centre.write("Newsletter", body)

    reply = await draft(help_centre, "Stop the newsletter")

    assert reply.text == (
        "**On the phone**\n\n1. Stop the newsletter in the app.\n\n**By mail**\n\n1. Stop the newsletter by mail."
    )
    assert [source.excerpt for source in reply.sources] == [
        "1. Stop the newsletter in the app.",
        "1. Stop the newsletter by mail.",
    ]


async def test_one_article_is_quoted_and_no_other(lamps: HelpCentre) -> None:
    for question in ("battery", "pair the lamp with the app", "return a lamp", "lamp"):
        reply = await draft(lamps, question)

        assert len({source.article_id for source in reply.sources}) == 1
        assert reply.sources[0].article_id == (await found(lamps, question))[0].article_id
        assert all(source.excerpt in reply.text for source in reply.sources)


async def test_what_the_articles_do_not_answer_is_not_answerable(lamps: HelpCentre) -> None:
    reply = await draft(lamps, "Are you hiring engineers in Brazil?")

    assert not reply.answerable
    assert reply.confidence < 0.2


async def test_without_articles_there_is_no_answer(help_centre: HelpCentre) -> None:
    assert await draft(help_centre, "How do I change the battery?") == SuggestedReply(
        "", 0.0, answerable=False, sources=(), model="extractive"
    )


async def test_a_chat_model_is_given_the_passages_and_cites_them(lamps: HelpCentre) -> None:
    question = "How do I change the battery?"
    model = Scripted(answer="Unscrew the cap [1]. Pull the battery out [1][2].\n\nReturns take 30 days [3, 1].")

    reply = await draft(lamps, question, model)

    passages = await found(lamps, question)
    assert reply.text == "Unscrew the cap. Pull the battery out.\n\nReturns take 30 days."
    assert [source.excerpt for source in reply.sources] == [passages[place].text for place in (0, 1, 2)]
    assert (reply.answerable, reply.model) == (True, "scripted")
    ((_, asked),) = model.asked
    assert question in asked.text
    assert all(f"[{place}] " in asked.text and one.text in asked.text for place, one in enumerate(passages, 1))


async def test_a_citation_of_nothing_given_is_dropped(lamps: HelpCentre) -> None:
    reply = await draft(
        lamps, "battery", Scripted(answer="Pull it out [2]. It is free [99][0]. See [1](https://x.example).")
    )

    assert reply.text == "Pull it out. It is free. See [1](https://x.example)."
    assert [source.excerpt for source in reply.sources] == [(await found(lamps, "battery"))[1].text]


@pytest.mark.parametrize("answer", ["NO ANSWER", "Just buy another lamp.", "It is free [99].", "", "[1]"])
async def test_an_answer_that_rests_on_nothing_is_none(lamps: HelpCentre, answer: str) -> None:
    assert await draft(lamps, "How do I change the battery?", Scripted(answer=answer)) == SuggestedReply(
        "", 0.0, answerable=False, sources=(), model="scripted"
    )


async def test_an_outage_of_the_model_is_worth_another_try(lamps: HelpCentre) -> None:
    model = Scripted(answer="Unscrew the cap [1].", outage=ConnectionError("connection refused"))

    with pytest.raises(ModelUnavailable) as refusal:
        await draft(lamps, "How do I change the battery?", model)

    assert refusal.value.message == "The model scripted did not answer: connection refused"
    model.outage = None
    assert (await draft(lamps, "How do I change the battery?", model)).text == "Unscrew the cap."


async def test_a_model_that_takes_too_long_is_given_up(lamps: HelpCentre) -> None:
    chat = ChatModel("slow", Scripted(delay=60), patience=timedelta(milliseconds=20))
    passages = await found(lamps, "battery")

    with pytest.raises(ModelUnavailable, match="The model slow took too long to answer"):
        await suggest_reply("battery", passages, lamps.knowledge.embeddings, chat)


async def test_a_bug_in_the_model_is_no_outage(lamps: HelpCentre) -> None:
    with pytest.raises(ZeroDivisionError):
        await draft(lamps, "battery", Scripted(outage=ZeroDivisionError()))
