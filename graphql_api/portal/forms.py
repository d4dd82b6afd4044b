"""What a page's form sends, read strictly and within a limit."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.types import Receive

from graphql_api.portal.markup import Markup
from graphql_api.requests import RequestRefused
from graphql_api.transport.heads import Head
from graphql_api.transport.http_requests import BodyLimit, body_of
from graphql_api.transport.strict_json import refuse_unusable_text

# The longest text that a form takes is a few thousand characters, each of up to twelve bytes on its way.
FORM_LIMIT = BodyLimit(size=100_000)
# The rest of a text field's tag, whose description has begun.
VALID, INVALID = Markup('"'), Markup(' wrong" aria-invalid="true"')
_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 10


async def form_of(head: Head, receive: Receive) -> Mapping[str, str]:
    """The fields of a form; raises RequestRefused where it is none, or too large."""
    body = await body_of(head, receive, FORM_LIMIT)
    if (head.get("content-type") or "").partition(";")[0].strip().lower() != _FORM:
        raise RequestRefused("UNSUPPORTED_MEDIA_TYPE", f"A form is sent as {_FORM}.", 415)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise RequestRefused("BAD_REQUEST", "This is not a form in UTF-8.") from error
    fields = dict(pairs)
    refuse_unusable_text(fields)
    return fields


def text_in(fields: Mapping[str, str], name: str) -> str:
    """A text as it was typed: browsers send its lines with the ends that they had a generation ago."""
    return fields.get(name, "").replace("\r\n", "\n").strip()
