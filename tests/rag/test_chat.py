"""A chat model is used once the operator has a key for it."""

from __future__ import annotations

import pytest

from models.settings import SettingsError
from rag.chat import VENDORS, Vendor, VendorMissing, chat_model

NOWHERE = Vendor("nowhere", ("ghost",), "GHOST_API_KEY", "langchain_nowhere", ("nowhere", "NowhereError"))


@pytest.mark.parametrize("name", ["gpt-4o-mini", "openai:gpt-4o-mini", "claude-sonnet", "unheard-of", ""])
def test_without_a_key_there_is_no_model(name: str) -> None:
    assert chat_model(name, {}) is None
    assert chat_model(name, {vendor.key: "" for vendor in VENDORS}) is None


def test_another_vendors_key_is_not_used() -> None:
    assert chat_model("claude-sonnet", {"OPENAI_API_KEY": "key"}) is None
    assert chat_model("anthropic:gpt-4o-mini", {"OPENAI_API_KEY": "key"}) is None


@pytest.mark.parametrize("name", ["ghost-1", "nowhere:anything"])
def test_a_key_without_the_vendors_package_is_told_with_what_to_do(name: str) -> None:
    with pytest.raises(VendorMissing) as refusal:
        chat_model(name, {"GHOST_API_KEY": "key"}, [*VENDORS, NOWHERE])

    assert str(refusal.value) == (
        "GHOST_API_KEY is set, but the package langchain_nowhere is not installed: "
        "add langchain-nowhere to pyproject.toml and run `make lock`, or unset GHOST_API_KEY."
    )
    # The command says it as it says what is wrong with any setting.
    assert isinstance(refusal.value, SettingsError)
