"""Fits the weights of `rag/confidence.py` on the Arduino questions and prints what they give out of fold."""

from __future__ import annotations

import asyncio

import numpy as np
from numpy.typing import NDArray

from benchmarks.corpus import QuestionSet, arduino, identity, knowledge_of, mtrag, remembered_embeddings
from rag.confidence import Signals, confidence
from rag.knowledge import KnowledgeBase

Array = NDArray[np.float64]

_PENALTY = 1.0
_FOLDS = 5
_REPEATS = 20
_STEPS = 50


async def observed(knowledge: KnowledgeBase, questions: QuestionSet) -> tuple[list[Signals], Array]:
    """The signals of each question, and whether the first article found answers it."""
    signals, hits = [], []
    for question in questions.questions:
        passages = await knowledge.search(identity(question.organization), question.text)
        signals.append(Signals.of(passages))
        hits.append(passages[0].article_id in {identity(question.organization, name) for name in question.gold})
    return signals, np.array(hits, dtype=float)


def fitted(inputs: Array, hits: Array) -> Array:
    """Bias and weights of a logistic regression by Newton's method; the penalty is on standardized inputs."""
    mean, spread = inputs.mean(axis=0), inputs.std(axis=0)
    scaled = np.column_stack([np.ones(len(inputs)), (inputs - mean) / spread])
    penalty = np.diag([0.0, *[_PENALTY] * inputs.shape[1]])
    weights = np.zeros(scaled.shape[1])
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-scaled @ weights))
        slope = scaled.T @ (chance - hits) + penalty @ weights
        curvature = (scaled.T * (chance * (1 - chance))) @ scaled + penalty
        weights -= np.linalg.solve(curvature, slope)
    return np.array([weights[0] - (weights[1:] * mean / spread).sum(), *(weights[1:] / spread)])


def predicted(weights: Array, inputs: Array) -> Array:
    chances: Array = 1 / (1 + np.exp(-(weights[0] + inputs @ weights[1:])))
    return chances


def out_of_fold(inputs: Array, hits: Array, seed: int) -> Array:
    """For each question the prediction of a fit that never saw it."""
    order = np.random.default_rng(seed).permutation(len(hits))
    chances = np.zeros(len(hits))
    for fold in range(_FOLDS):
        held = order[fold::_FOLDS]
        rest = np.setdiff1d(order, held)
        chances[held] = predicted(fitted(inputs[rest], hits[rest]), inputs[held])
    return chances


def auc(chances: Array, hits: Array) -> float:
    above, below = chances[hits == 1][:, None], chances[hits == 0]
    return float((above > below).mean() + (above == below).mean() / 2)


def brier(chances: Array, hits: Array) -> float:
    return float(((chances - hits) ** 2).mean())


async def main() -> None:
    sets = [arduino(), mtrag()]
    knowledge = await knowledge_of(sets, remembered_embeddings())
    signals, hits = await observed(knowledge, sets[0])
    inputs = np.array([[one.score, one.margin] for one in signals])
    bias, score, margin = fitted(inputs, hits)
    print(f"fitted on arduino: bias {bias:.2f}   score {score:.2f}   margin {margin:.2f}")
    runs = [out_of_fold(inputs, hits, seed) for seed in range(_REPEATS)]
    print(
        f"out of fold: AUC {np.mean([auc(run, hits) for run in runs]):.3f}"
        f"   Brier {np.mean([brier(run, hits) for run in runs]):.3f}"
        f"   (a constant: {hits.mean() * (1 - hits.mean()):.3f})"
    )
    signals, hits = await observed(knowledge, sets[1])
    chances = np.array([confidence(one) for one in signals])
    print(
        f"the committed weights on mtrag, never fitted: AUC {auc(chances, hits):.3f}   Brier {brier(chances, hits):.3f}"
    )
    await knowledge.close()


if __name__ == "__main__":
    asyncio.run(main())
