"""Where a feed stands, and the encrypted text that clients keep of it."""

from __future__ import annotations

import re
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.errors import InvalidInput

FORMAT = 1
KEPT = 1_000
# Format, epoch, organization, seq: 29 bytes, and 45 with the cipher's 16. A multiple of three, so that base64 has
# neither padding nor spare bits, and one position has exactly one text.
_LAYOUT = struct.Struct(">BI16sQ")
_TEXT = re.compile(r"[A-Za-z0-9_-]{60}")


@dataclass(frozen=True, slots=True)
class Position:
    """A point of an organization's log: everything up to `seq` is known. Another epoch means another log."""

    epoch: int
    organization_id: UUID
    seq: int


class BadCursor(InvalidInput):
    """The text is no cursor of ours: cut short, made up, or sealed under another secret."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a cursor of this server; fetch afresh and use the one that comes with it.", ["after"]
        )


class Cursors:
    """Seals positions and opens them again. Nobody can read or make one, so nobody counts what they may not see.

    Equal positions give equal texts (AES-SIV): clients drop doubles by comparing cursors. What was sealed under the
    `previous` secret is opened, too.
    """

    def __init__(self, secret: str, previous: str = "") -> None:
        self._cipher = _cipher(secret)
        self._ciphers = [self._cipher, _cipher(previous)] if previous else [self._cipher]
        # A thousand subscribers are told of one event in a row; each sealing costs as much as all else that they cost.
        self._lately = lru_cache(KEPT)(self._sealed)

    def seal(self, position: Position) -> str:
        """The position as text that fits into a URL."""
        return self._lately(position)

    def _sealed(self, position: Position) -> str:
        plain = _LAYOUT.pack(FORMAT, position.epoch, position.organization_id.bytes, position.seq)
        return urlsafe_b64encode(self._cipher.encrypt(plain, None)).decode()

    def open(self, text: str) -> Position:
        """The position again; anything that `seal` did not make under one of the secrets raises BadCursor."""
        if not _TEXT.fullmatch(text):
            raise BadCursor
        form, epoch, organization, seq = _LAYOUT.unpack(self._opened(urlsafe_b64decode(text)))
        if form != FORMAT:
            raise BadCursor
        return Position(epoch, UUID(bytes=organization), seq)

    def _opened(self, sealed: bytes) -> bytes:
        for cipher in self._ciphers:
            with suppress(InvalidTag):
                return cipher.decrypt(sealed, None)
        raise BadCursor


def _cipher(secret: str) -> AESSIV:
    return AESSIV(HKDF(SHA512(), length=64, salt=None, info=b"helpdesk feed cursor").derive(secret.encode()))
