"""A chat model that is a slow server of its own, and may have whoever asks killed while it thinks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult

from rag.articles import ArticleFile

THINKING = 0.1
ANSWER = "Turn the old filter to the left and pull it out [1]."
ARTICLE = ArticleFile(
    id="filter",
    title="Changing the water filter",
    body="The filter lasts for about two months.\n\nTurn the old filter a quarter to the left and pull it out.",
    source="https://help.example.com/filter",
)


class Vendor:
    """`asked` counts calls. A `blow` is called once, in the middle of one, which is then never answered."""

    def __init__(self) -> None:
        self.port = 0
        self.asked = 0
        self.blow: Callable[[], None] | None = None

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call: what is asked ends with the first half of the conversation."""
        try:
            await reader.read()
            self.asked += 1
            blow, self.blow = self.blow, None
            if blow:
                blow()
                return
            await asyncio.sleep(THINKING)
            writer.write(ANSWER.encode())
            await writer.drain()
        except ConnectionError:
            # Whoever asked was killed.
            return
        finally:
            writer.close()


@asynccontextmanager
async def a_vendor() -> AsyncIterator[Vendor]:
    """A server on a free port."""
    vendor = Vendor()
    server = await asyncio.start_server(vendor.answer, "127.0.0.1", 0)
    vendor.port = server.sockets[0].getsockname()[1]
    async with server:
        yield vendor


class FarModel(BaseChatModel):
    """The model as a worker knows it: at a port."""

    port: int
    _llm_type = "far"

    async def _agenerate(self, messages: list[BaseMessage], *_: Any, **__: Any) -> ChatResult:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write("\n\n".join(map(_text, messages)).encode())
            writer.write_eof()
            answer = await reader.read()
        finally:
            writer.close()
        if not answer:
            raise ConnectionResetError("the model said nothing")
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer.decode()))])

    def _generate(self, *_: Any, **__: Any) -> ChatResult:
        raise NotImplementedError("workers ask without waiting")


def _text(message: BaseMessage) -> str:
    content: str | Sequence[object] = message.content
    return content if isinstance(content, str) else ""
