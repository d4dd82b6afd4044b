"""Prints how often the knowledge base finds the right article, on the question sets of ../shared/data."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections.abc import Sequence

from benchmarks.corpus import Question, QuestionSet, arduino, identity, knowledge_of, mtrag, remembered_embeddings
from rag.knowledge import KnowledgeBase

_DEPTH = 10
_FETCHED = 40


async def ranking(knowledge: KnowledgeBase, question: Question) -> list[str]:
    """The articles found, best first."""
    passages = await knowledge.search(identity(question.organization), question.text, _FETCHED)
    return list(dict.fromkeys(str(passage.article_id) for passage in passages))[:_DEPTH]


def gold_of(question: Question) -> set[str]:
    return {str(identity(question.organization, name)) for name in question.gold}


def ndcg(found: Sequence[str], gold: set[str]) -> float:
    gain = sum(1 / math.log2(place + 2) for place, name in enumerate(found) if name in gold)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(len(gold), _DEPTH)))


async def report(knowledge: KnowledgeBase, questions: QuestionSet) -> None:
    asked = [question for question in questions.questions if question.label in ("ANSWERABLE", "PARTIAL")]
    found = [(await ranking(knowledge, question), gold_of(question)) for question in asked]
    print(
        f"{questions.name:8} {len(asked):4} questions"
        f"   hit@1 {statistics.mean(names[0] in gold for names, gold in found):.3f}"
        f"   hit@5 {statistics.mean(bool(gold & set(names[:5])) for names, gold in found):.3f}"
        f"   nDCG@10 {statistics.mean(ndcg(names, gold) for names, gold in found):.3f}"
    )


async def main() -> None:
    sets = [arduino(), mtrag()]
    knowledge = await knowledge_of(sets, remembered_embeddings())
    for questions in sets:
        await report(knowledge, questions)
    await knowledge.close()


if __name__ == "__main__":
    asyncio.run(main())
