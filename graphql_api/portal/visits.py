"""A visit to a page: who holds its link, and what they get where it can't be shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from graphql_api.context import Services
from graphql_api.portal.markup import HEADERS, filled, page
from graphql_api.portal.words import Words, words_for
from graphql_api.requests import RequestRefused, masked
from graphql_api.transport.heads import Head
from models.errors import NotFound, RateLimited, Unavailable
from models.links import BadLink, Link, LinkPurpose

_PARAGRAPH = "<p>$text</p>"


@dataclass(frozen=True, slots=True)
class Visit:
    """One request for a page, by somebody whose link was found to be good."""

    services: Services
    request: Request
    link: Link
    token: str

    @property
    def posted(self) -> bool:
        """Whether a form was sent. Nothing else ever does anything: scanners of mail open links, too."""
        return self.request.method == "POST"

    @property
    def head(self) -> Head:
        """The request's head."""
        return Head(self.request.scope)

    def again(self) -> Response:
        """What follows a form: the same page as it is now, so that loading it anew sends nothing anew."""
        # Relative, because a proxy in front may have put us below a path of its own.
        return RedirectResponse(self.token, 303, HEADERS)


Shown = Callable[[Visit], Awaitable[Response]]


def linked(services: Services, purpose: LinkPurpose, show: Shown) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint for links of one purpose, which say in the address what they are about."""

    async def endpoint(request: Request) -> Response:
        words = words_for(request.headers.get("accept-language", ""))
        try:
            token = request.path_params["token"]
            link = services.links.open(purpose, token, services.database.now())
            return await show(Visit(services, request, link, token))
        except (BadLink, NotFound):
            return _refused(words, words.bad_link, words.bad_link_text, 404)
        except RateLimited as refusal:
            return _refused(words, words.too_often, words.too_often_text, 429, refusal.retry_after)
        except RequestRefused as refusal:
            return _refused(words, words.unreadable, words.unreadable_text, refusal.status)
        except Unavailable:
            return _refused(words, words.later, words.later_text, 503)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as bug:
            return _refused(words, words.later, words.later_text, masked(bug).status)

    return endpoint


def _refused(words: Words, title: str, text: str, status: int, retry_after: int | None = None) -> Response:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return page(words.language, "", title, filled(_PARAGRAPH, text=text), status, headers)
