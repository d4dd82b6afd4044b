"""The chat model, if the operator has a key for one. The only place where a vendor is named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Final

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import BaseMessage

from models.errors import Unavailable
from models.settings import SettingsError


class ModelUnavailable(Unavailable):
    """The chat model did not answer this time: out of reach, overloaded, over its limit or too slow. Worth a retry."""


class VendorMissing(SettingsError):
    """A key is set, but the package that would use it is not installed; the message says what to do."""


Told = Callable[[str], None]
"""Called with all of a text that there is, while it is being written; it neither blocks nor fails."""


def unheard(_text: str) -> None:
    """Nobody wants to know."""


@dataclass(frozen=True, slots=True)
class ChatModel:
    """A LangChain chat model under its name, and what it raises when it is away."""

    name: str
    model: BaseChatModel
    outages: tuple[type[Exception], ...] = (OSError,)
    patience: timedelta = timedelta(seconds=45)

    async def answer(self, messages: Sequence[BaseMessage], told: Told = unheard) -> str:
        """The model's text; `told` is called with what there is of it, each time that more has come.

        Raises ModelUnavailable when it isn't whole in time; anything else raised is a bug.
        """
        text = ""
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                # Of a model that doesn't stream this is one piece.
                async for piece in self.model.astream(list(messages)):
                    text += piece.text
                    told(text)
        except TimeoutError as outage:
            raise ModelUnavailable(f"The model {self.name} took too long to answer.") from outage
        except self.outages as outage:
            raise ModelUnavailable(f"The model {self.name} did not answer: {outage}") from outage
        return text


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who serves a family of models. `errors` is the module and class that all errors of the vendor's client are."""

    provider: str
    prefixes: tuple[str, ...]
    key: str
    package: str
    errors: tuple[str, str]


VENDORS: Final = (
    Vendor("openai", ("gpt", "o1", "o3", "o4"), "OPENAI_API_KEY", "langchain_openai", ("openai", "OpenAIError")),
    Vendor("anthropic", ("claude",), "ANTHROPIC_API_KEY", "langchain_anthropic", ("anthropic", "AnthropicError")),
)


def chat_model(name: str, environ: Mapping[str, str], vendors: Sequence[Vendor] = VENDORS) -> ChatModel | None:
    """The model called `name` or `provider:name`; None without a key for its vendor: then nothing leaves the machine.

    Called at start, so that a missing package stops the start and no request waits for an import.
    """
    provider, _, bare = name.rpartition(":")
    for vendor in vendors:
        serves = provider == vendor.provider if provider else bare.startswith(vendor.prefixes)
        if serves and environ.get(vendor.key):
            return _connected(vendor, bare, environ[vendor.key])
    return None


def _connected(vendor: Vendor, name: str, key: str) -> ChatModel:
    _package(vendor, vendor.package)
    module, base = vendor.errors
    errors: type[Exception] = getattr(_package(vendor, module), base)
    # A second of imports that nobody needs without a key.
    init_chat_model = import_module("langchain.chat_models").init_chat_model
    model = init_chat_model(name, model_provider=vendor.provider, api_key=key, temperature=0, max_retries=0)
    return ChatModel(name, model, outages=(OSError, errors))


def _package(vendor: Vendor, name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as missing:
        raise VendorMissing(
            f"{vendor.key} is set, but the package {missing.name} is not installed: "
            f"add {vendor.package.replace('_', '-')} to pyproject.toml and run `make lock`, or unset {vendor.key}."
        ) from missing
