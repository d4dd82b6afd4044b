"""Signed links: what a person who need not sign in is sent, good for one purpose each and for a time."""

from __future__ import annotations

import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from models.errors import InvalidInput

_FORMAT = 1
_HEAD = struct.Struct(">BI16s")
_ID = 16
_SIGNATURE = 32
# Far longer than any of ours: what is longer is not even looked at.
_LONGEST = 500


class LinkPurpose(StrEnum):
    """What a link lets its holder do, which is also the first part of its path."""

    SURVEY = "survey"
    REOPEN = "reopen"
    UNSUBSCRIBE = "unsubscribe"


# The ticket and the event of its resolution; the membership.
_IDS: Mapping[LinkPurpose, int] = {LinkPurpose.SURVEY: 2, LinkPurpose.REOPEN: 2, LinkPurpose.UNSUBSCRIBE: 1}


@dataclass(frozen=True, slots=True)
class Link:
    """What a link is about, all of it ids, and until when it is good (to the second)."""

    purpose: LinkPurpose
    organization_id: UUID
    ids: tuple[UUID, ...]
    expires_at: datetime

    @classmethod
    def to_rate(cls, organization_id: UUID, ticket_id: UUID, resolution_id: UUID, expires_at: datetime) -> Link:
        """Lets the requester rate how their ticket was resolved by the event `resolution_id`."""
        return cls(LinkPurpose.SURVEY, organization_id, (ticket_id, resolution_id), expires_at)

    @classmethod
    def to_reopen(cls, organization_id: UUID, ticket_id: UUID, resolution_id: UUID, expires_at: datetime) -> Link:
        """Lets the requester bring back a ticket that the event `resolution_id` resolved."""
        return cls(LinkPurpose.REOPEN, organization_id, (ticket_id, resolution_id), expires_at)

    @classmethod
    def to_unsubscribe(cls, organization_id: UUID, member_id: UUID, expires_at: datetime) -> Link:
        """Lets a member turn off the mail that it stands in."""
        return cls(LinkPurpose.UNSUBSCRIBE, organization_id, (member_id,), expires_at)


class BadLink(InvalidInput):
    """The token is none of ours, for another purpose, or too old: its holder is not told which."""

    def __init__(self, path: Iterable[str] = ()) -> None:
        super().__init__("This link is not valid, or no longer.", path)


class Links:
    """Makes links below `base`, the pages' address, and opens them again. Nobody without the secret can make one.

    Equal links have equal addresses, so that a mail that is sent again is the same mail. `previous` is a secret that
    made links which are still out: they are opened, and none is made.
    """

    def __init__(self, secret: str, base: str, previous: str = "") -> None:
        self._base = base
        secrets = [secret, previous] if previous else [secret]
        # A key a purpose: a token is nothing at all under another purpose's key.
        self._keys = {purpose: [_key(each, purpose) for each in secrets] for purpose in LinkPurpose}

    def address(self, link: Link) -> str:
        """The link's whole address, as it stands in mail."""
        return f"{self._base}/{link.purpose.value}/{self.sign(link)}"

    def sign(self, link: Link) -> str:
        """The link as text that fits into an address."""
        if len(link.ids) != _IDS[link.purpose]:
            raise ValueError(f"a link to {link.purpose} carries {_IDS[link.purpose]} ids")
        expires = int(link.expires_at.timestamp())
        plain = _HEAD.pack(_FORMAT, expires, link.organization_id.bytes) + b"".join(each.bytes for each in link.ids)
        return _encoded(plain + _signature(self._keys[link.purpose][0], plain))

    def open(self, purpose: LinkPurpose, token: str, now: datetime) -> Link:
        """What `sign` was given, if it was for this purpose and is still good `now`; anything else raises BadLink."""
        signed = _decoded(token)
        plain, signature = signed[:-_SIGNATURE], signed[-_SIGNATURE:]
        if not any(hmac.compare_digest(signature, _signature(key, plain)) for key in self._keys[purpose]):
            raise BadLink
        form, expires, organization = _HEAD.unpack_from(plain)
        ids = tuple(UUID(bytes=plain[at : at + _ID]) for at in range(_HEAD.size, len(plain), _ID))
        expires_at = datetime.fromtimestamp(expires, UTC)
        if form != _FORMAT or len(ids) != _IDS[purpose] or expires_at <= now:
            raise BadLink
        return Link(purpose, UUID(bytes=organization), ids, expires_at)


def _signature(key: bytes, plain: bytes) -> bytes:
    return hmac.digest(key, plain, "sha256")


def _key(secret: str, purpose: LinkPurpose) -> bytes:
    info = f"helpdesk link {purpose.value}".encode()
    return HKDF(SHA256(), length=32, salt=None, info=info).derive(secret.encode())


def _encoded(signed: bytes) -> str:
    return urlsafe_b64encode(signed).decode().rstrip("=")


def _decoded(token: str) -> bytes:
    """The token's bytes; of the texts that base64 reads alike, only the one that `sign` writes is one."""
    if len(token) > _LONGEST or not token.isascii():
        raise BadLink
    try:
        signed = urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except ValueError:
        raise BadLink from None
    if _encoded(signed) != token:
        raise BadLink
    return signed
