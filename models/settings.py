"""What the operator decides, read once from the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class SettingsError(Exception):
    """A variable that can't be used; the sentence names it and says what it may hold."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The deployment's settings. Every field has a default that runs."""

    port: int = 8000
    folder: Path = Path(".data")
    database_url: str = ""
    broadcast_url: str = "memory://"
    tasks_url: str = "memory://"
    qdrant_url: str = ""
    secret: str = ""
    ai_model: str = "gpt-4o-mini"
    from_email: str = "support@localhost"
    from_name: str = "Support"
    auto_resolve: bool = False
    sla_check_cron: str = "*/5 * * * *"
    allowed_origins: tuple[str, ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the `HELPDESK_*` variables (and DATABASE_URL, QDRANT_URL); unknown ones are refused by name."""
        known = {name: field for field, name in _VARIABLES.items()}
        unknown = sorted(name for name in environment if name.startswith("HELPDESK_") and name not in known)
        if unknown:
            raise SettingsError(f"{unknown[0]} is not a setting of the helpdesk; did you mistype it?")
        given = {known[name]: value for name, value in environment.items() if name in known and value != ""}
        return cls(**{field: _READERS.get(field, _text)(_VARIABLES[field], value) for field, value in given.items()})


_VARIABLES = {
    "port": "HELPDESK_PORT",
    "folder": "HELPDESK_DATA",
    "database_url": "DATABASE_URL",
    "broadcast_url": "HELPDESK_BROADCAST_URL",
    "tasks_url": "HELPDESK_TASKS_URL",
    "qdrant_url": "QDRANT_URL",
    "secret": "HELPDESK_SECRET",
    "ai_model": "HELPDESK_AI_MODEL",
    "from_email": "HELPDESK_FROM_EMAIL",
    "from_name": "HELPDESK_FROM_NAME",
    "auto_resolve": "HELPDESK_AUTO_RESOLVE",
    "sla_check_cron": "HELPDESK_SLA_CHECK_CRON",
    "allowed_origins": "HELPDESK_ALLOWED_ORIGINS",
}


def _port(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"{name} is {value!r}; it takes a port number from 1 to 65535.")


def _switch(name: str, value: str) -> bool:
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise SettingsError(f"{name} is {value!r}; it takes true or false.")


def _text(_name: str, value: str) -> str:
    return value


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "port": _port,
    "folder": lambda _name, value: Path(value),
    "auto_resolve": _switch,
    "allowed_origins": lambda _name, value: tuple(part.strip() for part in value.split(",") if part.strip()),
}
