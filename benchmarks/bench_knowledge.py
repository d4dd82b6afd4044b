"""Prints how long an import of 405 articles takes, what a question costs, and how long the event loop is held up."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from benchmarks.corpus import TOKENIZER, Question, arduino, identity, knowledge_of
from rag.embedding import MiniLmEmbeddings
from rag.knowledge import KnowledgeBase
from rag.suggestion import suggest_reply

_IDLE = 10.0


class Stalls:
    """The longest time that the event loop was kept from a task that wakes every millisecond."""

    def __init__(self) -> None:
        self.longest = 0.0

    async def watch(self) -> None:
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.perf_counter() - started - 0.001)


@asynccontextmanager
async def timed(name: str) -> AsyncIterator[None]:
    """Prints how long the block took and the longest stall in it."""
    stalls = Stalls()
    watch = asyncio.create_task(stalls.watch())
    started = time.perf_counter()
    try:
        yield
    finally:
        watch.cancel()
        took = time.perf_counter() - started
        print(f"{name:40} {took:8.2f} s   longest stall of the event loop {1000 * stalls.longest:6.1f} ms")


async def ask(knowledge: KnowledgeBase, embeddings: MiniLmEmbeddings, questions: list[Question]) -> None:
    """Each question alone: its vector, the whole search (vector, versions, index), the draft."""
    steps: dict[str, list[float]] = {"embed a question": [], "search": [], "draft": []}
    for question in questions:
        marks = [time.perf_counter()]
        await embeddings.aembed_query(question.text)
        marks.append(time.perf_counter())
        passages = await knowledge.search(identity(question.organization), question.text)
        marks.append(time.perf_counter())
        await suggest_reply(question.text, passages, embeddings)
        marks.append(time.perf_counter())
        for step, start, end in zip(steps, marks, marks[1:], strict=False):
            steps[step].append(1000 * (end - start))
    for step, times in steps.items():
        print(f"  {step:38} {statistics.median(times):8.1f} ms   longest {max(times):6.1f} ms")


async def main() -> None:
    questions = arduino()
    embeddings = MiniLmEmbeddings(TOKENIZER)
    async with timed("nothing, for comparison"):
        await asyncio.sleep(_IDLE)
    async with timed("import: split and embed 405 articles"):
        knowledge = await knowledge_of([questions], embeddings)
    async with timed("build the embedded index"):
        await knowledge.refresh(identity("arduino"))
    async with timed(f"{len(questions.questions)} questions, one after another"):
        await ask(knowledge, embeddings, questions.questions)
    async with timed(f"{len(questions.questions)} questions at once"):
        await asyncio.gather(*(knowledge.search(identity("arduino"), one.text) for one in questions.questions))
    await knowledge.close()
    embeddings.close()


if __name__ == "__main__":
    asyncio.run(main())
