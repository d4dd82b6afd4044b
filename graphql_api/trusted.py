"""Trusted documents: a file of documents that may be asked for by their SHA-256, and who may run anything else."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

import orjson

from graphql_api.limits.shape import refused
from graphql_api.requests import GraphQLRequest, RequestRefused
from models.actors import Actor
from models.settings import ANONYMOUS, Settings, SettingsError, TrustMode


class TrustedDocuments:
    """Documents by hash. Nothing is ever registered by a request: whoever sends hash and text has the text run."""

    def __init__(self, documents: Mapping[str, str], modes: Mapping[str, TrustMode]) -> None:
        self._documents = documents
        self._modes = modes

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The manifest of HELPDESK_TRUSTED_DOCUMENTS, if there is one; raises SettingsError if it can't be used."""
        path = settings.trusted_documents
        return cls({} if path is None else dict(_read(path)), settings.trusted_documents_mode)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every document with its hash."""
        yield from self._documents.items()

    def named(self, request: GraphQLRequest) -> str | None:
        """The document that a request asks for, whoever may have it; None where there is none of that hash."""
        return self._documents.get(_hash_of(request) or "") if request.query is None else request.query

    def text(self, request: GraphQLRequest, actor: Actor | None) -> str:
        """The document that a request asks for, by text or by hash; refuses what the caller's mode does not allow."""
        mode = self._modes.get(actor.role.value if actor and actor.role else ANONYMOUS, TrustMode.OFF)
        asked = _hash_of(request)
        if request.query is None:
            return self._known(asked, mode)
        if asked is not None and asked != sha256(request.query):
            raise RequestRefused("BAD_REQUEST", "The hash is not that of the `query`.")
        if mode is TrustMode.ENFORCE and sha256(request.query) not in self._documents:
            raise refused("PERSISTED_QUERY_REQUIRED", "Only known documents are run for you; this is none of them.")
        return request.query

    def _known(self, asked: str | None, mode: TrustMode) -> str:
        if mode is TrustMode.OFF:
            # The code at which Apollo's client sends texts from then on.
            raise refused("PERSISTED_QUERY_NOT_SUPPORTED", "Documents can't be asked for by hash here: send the text.")
        text = self._documents.get(asked or "")
        if text is None:
            raise refused("PERSISTED_QUERY_NOT_FOUND", "No document with this hash is known.")
        return text


def sha256(text: str) -> str:
    """The hash by which a document goes."""
    return hashlib.sha256(text.encode()).hexdigest()


def _hash_of(request: GraphQLRequest) -> str | None:
    """The hash in `documentId: "sha256:..."` or in Apollo's extension; None where there is neither."""
    if request.document_id is not None:
        return request.document_id.removeprefix("sha256:").lower()
    asked = request.extensions.get("persistedQuery")
    if asked is None:
        return None
    if not isinstance(asked, dict) or asked.get("version") != 1 or not isinstance(asked.get("sha256Hash"), str):
        sentence = '`extensions.persistedQuery` must be {"version": 1, "sha256Hash": "..."}.'
        raise RequestRefused("BAD_REQUEST", sentence)
    return str(asked["sha256Hash"]).lower()


def _read(path: Path) -> Iterator[tuple[str, str]]:
    """The documents of a manifest: `{hash: text}`, as graphql-codegen and Relay write it, or Apollo's list."""
    try:
        manifest = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"HELPDESK_TRUSTED_DOCUMENTS: {path} can't be read as JSON: {error}.") from error
    for key, text in _entries(path, manifest):
        if not isinstance(key, str) or not isinstance(text, str) or key.removeprefix("sha256:").lower() != sha256(text):
            raise SettingsError(f"HELPDESK_TRUSTED_DOCUMENTS: in {path}, {key!r} is not the SHA-256 of its document.")
        yield sha256(text), text


def _entries(path: Path, manifest: Any) -> list[tuple[Any, Any]]:
    if isinstance(manifest, dict) and manifest.get("format") == "apollo-persisted-query-manifest":
        operations = manifest.get("operations")
        if isinstance(operations, list) and all(isinstance(each, dict) for each in operations):
            return [(each.get("id"), each.get("body")) for each in operations]
    elif isinstance(manifest, dict):
        return list(manifest.items())
    raise SettingsError(f"HELPDESK_TRUSTED_DOCUMENTS: {path} is no manifest: it takes an object of hash and document.")
