"""Settings: read from the environment, refused by name"""

from __future__ import annotations

from dataclasses import fields

import pytest

from models.settings import _LIMITS, Limits, Settings, SettingsError, TrustMode


def test_every_limit_has_a_variable() -> None:
    names = {field.name for field in fields(Limits)}
    assert set(_LIMITS) == names

    for name, variable in _LIMITS.items():
        chosen = Settings.from_environment({variable: "7"})
        assert getattr(chosen.limits, name) == 7
        assert chosen == Settings(limits=Limits(**{name: 7}))


@pytest.mark.parametrize("variable", _LIMITS.values())
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "many", "٣", "99999999999", " 1"])
def test_a_limit_is_a_number(variable: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} is .*; it takes a whole number from 1 to"):
        Settings.from_environment({variable: value})


@pytest.mark.parametrize("value", ["kafka://x", "somewhere", "://", "http://[", "redis-stream://x"])
def test_an_unknown_broadcast_stops_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(SettingsError, match=r"HELPDESK_BROADCAST_URL takes memory://, or an address that begins with"):
        Settings.from_environment({"HELPDESK_BROADCAST_URL": value})


def test_pages_may_be_shorter_than_the_schema_says_and_never_longer() -> None:
    assert Settings.from_environment({"HELPDESK_MAX_PAGE": "100"}).limits.page == 100
    with pytest.raises(SettingsError, match="from 1 to 100"):
        Settings.from_environment({"HELPDESK_MAX_PAGE": "101"})


def test_modes_of_trusted_documents() -> None:
    def modes(value: str) -> dict[str, TrustMode]:
        given = {"HELPDESK_TRUSTED_DOCUMENTS": "x.json", "HELPDESK_TRUSTED_DOCUMENTS_MODE": value}
        return dict(Settings.from_environment(given).trusted_documents_mode)

    assert set(modes("enforce")) == {"admin", "agent", "analyst", "customer", "anonymous"}
    assert set(modes("enforce").values()) == {TrustMode.ENFORCE}
    assert modes("customer=enforce, agent=allow") == {"customer": TrustMode.ENFORCE, "agent": TrustMode.ALLOW}
    for wrong in ("on", "robot=allow", "agent", "agent=maybe", "agent=allow,"):
        with pytest.raises(SettingsError, match="it takes off, allow, enforce, or pairs"):
            modes(wrong)
    with pytest.raises(SettingsError, match="needs a file: HELPDESK_TRUSTED_DOCUMENTS"):
        Settings.from_environment({"HELPDESK_TRUSTED_DOCUMENTS_MODE": "allow"})


def test_pages_are_where_the_operator_says_or_on_this_machine() -> None:
    def pages(**given: str) -> str:
        return Settings.from_environment(given).pages_url

    assert pages() == "http://127.0.0.1:8000"
    assert pages(HELPDESK_PORT="8123") == "http://127.0.0.1:8123"
    assert pages(HELPDESK_PUBLIC_URL="https://help.example.test/") == "https://help.example.test"
    assert pages(HELPDESK_PUBLIC_URL="https://example.test/support") == "https://example.test/support"
    for wrong in (
        "help.example.test",
        "ftp://example.test",
        "https://",
        "https://a@b.test",
        "https://a.test/?b",
        "http://[",
    ):
        with pytest.raises(SettingsError, match=r"it takes an address such as https://help\.example\.com\."):
            pages(HELPDESK_PUBLIC_URL=wrong)


def test_a_variable_that_is_no_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match="HELPDESK_MAX_DEPHT is not a setting of the helpdesk"):
        Settings.from_environment({"HELPDESK_MAX_DEPHT": "7"})
