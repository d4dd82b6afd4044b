"""Where mail is handed over: HELPDESK_SMTP_URL, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self
from urllib.parse import parse_qsl, unquote, urlsplit


class SmtpTls(StrEnum):
    """Whether the connection is encrypted: where the server offers it, always (else no mail leaves), never, or from
    its first byte."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"
    IMPLICIT = "implicit"


@dataclass(frozen=True, slots=True)
class SmtpAddress:
    """A server and how to talk to it. `ca` holds the certificates to trust in place of the machine's own."""

    host: str
    port: int
    tls: SmtpTls
    user: str | None = None
    password: str | None = None
    ca: Path | None = None

    @classmethod
    def parse(cls, url: str) -> Self:
        """`smtp://user:password@host:587?tls=required`, or `smtps://`; raises ValueError, without the password."""
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        tls, ca = options.pop("tls", None), options.pop("ca", None)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.fragment:
            raise ValueError("it is no smtp:// or smtps:// address of a host")
        if options:
            raise ValueError(f"it has no option {next(iter(options))!r}")
        if parts.scheme == "smtps":
            mode, port = SmtpTls.IMPLICIT, 465
            if tls is not None:
                raise ValueError("smtps:// is encrypted from the first byte and takes no tls")
        else:
            # A password is not said to whoever listens, unless the operator wants it so.
            mode, port = SmtpTls.REQUIRED if parts.username else SmtpTls.AUTO, 587
            if tls is not None:
                mode = _MODES[tls] if tls in _MODES else _unknown(tls)
        user = unquote(parts.username) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        if (user is None) != (password is None):
            raise ValueError("a user needs a password, and a password a user")
        return cls(parts.hostname, parts.port or port, mode, user, password, Path(ca) if ca else None)


_MODES = {"auto": SmtpTls.AUTO, "required": SmtpTls.REQUIRED, "off": SmtpTls.OFF}


def _unknown(tls: str) -> SmtpTls:
    raise ValueError(f"tls is {tls!r}; it takes auto, required or off")
