"""What the operator decides, read once from the environment."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from models.actors import Role
from models.cron import Cron
from models.smtp_address import SmtpAddress


class SettingsError(Exception):
    """A variable that can't be used; the sentence names it and says what it may hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may ask for, and one token in a minute: docs/limits.md tells what each number bounds."""

    body_bytes: int = 1_000_000
    document_bytes: int = 100_000
    tokens: int = 2_000
    depth: int = 15
    aliases: int = 100
    directives: int = 50
    root_fields: int = 20
    page: int = 100
    cost: int = 5_000
    unplanned_cost: int = 1_500
    cost_per_minute: int = 1_000_000
    seconds: float = 10
    sockets: int = 100
    anonymous_sockets: int = 50


class TrustMode(StrEnum):
    """What a caller may run: any text, any text or a known document by its hash, or known documents only."""

    OFF = "off"
    ALLOW = "allow"
    ENFORCE = "enforce"


# Those who show no credentials, where settings speak of roles.
ANONYMOUS = "anonymous"
CALLERS = (*(role.value for role in Role), ANONYMOUS)
_MODES = frozenset(mode.value for mode in TrustMode)


@dataclass(frozen=True, slots=True)
class Settings:
    """The deployment's settings. Every field has a default that runs."""

    port: int = 8000
    folder: Path = Path(".data")
    database_url: str = ""
    broadcast_url: str = ""
    tasks_url: str = "memory://"
    qdrant_url: str = ""
    secret: str = ""
    secret_previous: str = ""
    ai_model: str = "gpt-4o-mini"
    from_email: str = "support@localhost"
    from_name: str = "Support"
    auto_resolve: bool = False
    sla_check_cron: str = "*/5 * * * *"
    reactions_kept_days: int = 30
    outbox: Path | None = None
    outbox_shown: bool = False
    smtp_url: SmtpAddress | None = None
    smtp_connections: int = 4
    smtp_timeout_seconds: int = 30
    mail_ceiling: int = 20
    allowed_origins: tuple[str, ...] = ()
    trusted_documents: Path | None = None
    trusted_documents_mode: Mapping[str, TrustMode] = field(default_factory=dict)
    limits: Limits = Limits()
    debug: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    public_url: str = ""

    @property
    def pages_url(self) -> str:
        """Where people reach this server's pages: HELPDESK_PUBLIC_URL, or this machine."""
        return self.public_url or f"http://127.0.0.1:{self.port}"

    @property
    def outbox_folder(self) -> Path:
        """Where mail is put that no server takes."""
        return self.outbox or self.folder / "outbox"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        """Read the `HELPDESK_*` variables (and DATABASE_URL, QDRANT_URL); unknown ones are refused by name."""
        known = {name: field for field, name in (_VARIABLES | _LIMITS).items()}
        unknown = sorted(name for name in environment if name.startswith("HELPDESK_") and name not in known)
        if unknown:
            raise SettingsError(f"{unknown[0]} is not a setting of the helpdesk; did you mistype it?")
        given = {known[name]: value for name, value in environment.items() if name in known and value != ""}
        limits = {name: _limit(name, given.pop(name)) for name in _LIMITS if name in given}
        read = {name: _READERS.get(name, _text)(_VARIABLES[name], value) for name, value in given.items()}
        settings = cls(limits=replace(Limits(), **limits), **read)
        if settings.trusted_documents is None and set(settings.trusted_documents_mode.values()) - {TrustMode.OFF}:
            raise SettingsError("HELPDESK_TRUSTED_DOCUMENTS_MODE needs a file: HELPDESK_TRUSTED_DOCUMENTS.")
        return settings


_VARIABLES = {
    "port": "HELPDESK_PORT",
    "folder": "HELPDESK_DATA",
    "database_url": "DATABASE_URL",
    "broadcast_url": "HELPDESK_BROADCAST_URL",
    "tasks_url": "HELPDESK_TASKS_URL",
    "qdrant_url": "QDRANT_URL",
    "secret": "HELPDESK_SECRET",
    "secret_previous": "HELPDESK_SECRET_PREVIOUS",
    "ai_model": "HELPDESK_AI_MODEL",
    "from_email": "HELPDESK_FROM_EMAIL",
    "from_name": "HELPDESK_FROM_NAME",
    "auto_resolve": "HELPDESK_AUTO_RESOLVE",
    "sla_check_cron": "HELPDESK_SLA_CHECK_CRON",
    "reactions_kept_days": "HELPDESK_REACTIONS_KEPT_DAYS",
    "outbox": "HELPDESK_OUTBOX",
    "outbox_shown": "HELPDESK_OUTBOX_SHOWN",
    "smtp_url": "HELPDESK_SMTP_URL",
    "smtp_connections": "HELPDESK_SMTP_CONNECTIONS",
    "smtp_timeout_seconds": "HELPDESK_SMTP_TIMEOUT_SECONDS",
    "mail_ceiling": "HELPDESK_MAIL_CEILING",
    "allowed_origins": "HELPDESK_ALLOWED_ORIGINS",
    "trusted_documents": "HELPDESK_TRUSTED_DOCUMENTS",
    "trusted_documents_mode": "HELPDESK_TRUSTED_DOCUMENTS_MODE",
    "debug": "HELPDESK_DEBUG",
    "trusted_proxies": "HELPDESK_TRUSTED_PROXIES",
    "public_url": "HELPDESK_PUBLIC_URL",
}
_LIMITS = {
    "body_bytes": "HELPDESK_MAX_BODY_BYTES",
    "document_bytes": "HELPDESK_MAX_DOCUMENT_BYTES",
    "tokens": "HELPDESK_MAX_TOKENS",
    "depth": "HELPDESK_MAX_DEPTH",
    "aliases": "HELPDESK_MAX_ALIASES",
    "directives": "HELPDESK_MAX_DIRECTIVES",
    "root_fields": "HELPDESK_MAX_ROOT_FIELDS",
    "page": "HELPDESK_MAX_PAGE",
    "cost": "HELPDESK_MAX_COST",
    "unplanned_cost": "HELPDESK_MAX_UNPLANNED_COST",
    "cost_per_minute": "HELPDESK_COST_PER_MINUTE",
    "seconds": "HELPDESK_TIMEOUT_SECONDS",
    "sockets": "HELPDESK_MAX_SOCKETS",
    "anonymous_sockets": "HELPDESK_MAX_ANONYMOUS_SOCKETS",
}
# The schema's descriptions promise pages of up to 100 rows, so that an operator can only lower it.
_HIGHEST = {"page": 100}


def _port(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and 0 < int(value) < 65536:
        return int(value)
    raise SettingsError(f"{name} is {value!r}; it takes a port number from 1 to 65535.")


def _days(name: str, value: str) -> int:
    if value.isascii() and value.isdigit() and 0 < int(value) <= 3650:
        return int(value)
    raise SettingsError(f"{name} is {value!r}; it takes a number of days from 1 to 3650.")


def _switch(name: str, value: str) -> bool:
    if value.lower() in {"true", "false"}:
        return value.lower() == "true"
    raise SettingsError(f"{name} is {value!r}; it takes true or false.")


def _networks(name: str, value: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    except ValueError as error:
        sentence = f"{name} is {value!r}; it takes addresses and networks such as 10.0.0.0/8, separated by commas"
        raise SettingsError(f"{sentence}: {error}.") from None


def _address(name: str, value: str) -> str:
    with suppress(ValueError):
        parts = urlsplit(value)
        if parts.scheme in {"http", "https"} and parts.hostname and not set(value) & set("?#@ "):
            return value.rstrip("/")
    raise SettingsError(f"{name} is {value!r}; it takes an address such as https://help.example.com.")


def _text(_name: str, value: str) -> str:
    return value


_BROADCASTS = ("memory", "postgres", "postgresql", "redis", "rediss")


def _broadcast(name: str, value: str) -> str:
    with suppress(ValueError):
        if urlsplit(value).scheme in _BROADCASTS:
            return value
    # Not the value: there may be a password in it.
    raise SettingsError(f"{name} takes memory://, or an address that begins with postgres:// or redis:// (rediss://).")


# ASCII without spaces: it stands in headers and in what is said to mail servers.
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def _email(name: str, value: str) -> str:
    if _EMAIL.fullmatch(value):
        return value
    raise SettingsError(f"{name} is {value!r}; it takes an address such as support@example.com.")


def _smtp(name: str, value: str) -> SmtpAddress:
    try:
        return SmtpAddress.parse(value)
    except ValueError as error:
        # Not the value: there may be a password in it.
        sentence = f"{name} takes an address such as smtp://user:password@mail.example.com:587?tls=required"
        raise SettingsError(f"{sentence}, and can't be used: {error}.") from None


def _number(highest: int) -> Callable[[str, str], int]:
    def read(name: str, value: str) -> int:
        if value.isascii() and value.isdigit() and len(value) <= 10 and 0 < int(value) <= highest:
            return int(value)
        raise SettingsError(f"{name} is {value!r}; it takes a whole number from 1 to {highest}.")

    return read


def _cron(name: str, value: str) -> str:
    try:
        Cron.parse(value)
    except ValueError as error:
        raise SettingsError(f"{name} is {value!r}; it takes a cron expression such as */5 * * * *: {error}.") from None
    return value


def _limit(field: str, value: str) -> int:
    return _number(_HIGHEST.get(field, 1_000_000_000))(_LIMITS[field], value)


def _modes(name: str, value: str) -> Mapping[str, TrustMode]:
    """`enforce`, for everybody, or `customer=enforce,agent=allow`; whoever is not named has `off`."""
    if value in _MODES:
        return dict.fromkeys(CALLERS, TrustMode(value))
    pairs = [part.strip().partition("=")[::2] for part in value.split(",")]
    if any(caller not in CALLERS or mode not in _MODES for caller, mode in pairs):
        sentence = f"{name} is {value!r}; it takes off, allow, enforce, or pairs such as customer=enforce,agent=allow."
        raise SettingsError(sentence)
    return {caller: TrustMode(mode) for caller, mode in pairs}


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "port": _port,
    "broadcast_url": _broadcast,
    "folder": lambda _name, value: Path(value),
    "auto_resolve": _switch,
    "sla_check_cron": _cron,
    "reactions_kept_days": _days,
    "outbox": lambda _name, value: Path(value),
    "outbox_shown": _switch,
    "from_email": _email,
    "smtp_url": _smtp,
    "smtp_connections": _number(100),
    "smtp_timeout_seconds": _number(600),
    "mail_ceiling": _number(1_000_000),
    "debug": _switch,
    "trusted_documents": lambda _name, value: Path(value),
    "trusted_documents_mode": _modes,
    "trusted_proxies": _networks,
    "public_url": _address,
    "allowed_origins": lambda _name, value: tuple(part.strip() for part in value.split(",") if part.strip()),
}
