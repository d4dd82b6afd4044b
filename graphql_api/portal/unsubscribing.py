"""The page that ends a daily digest: one button. Mail programs press it by themselves (RFC 8058)."""

from __future__ import annotations

from starlette.responses import Response

from graphql_api.portal.forms import FORM_LIMIT
from graphql_api.portal.markup import Markup, filled, page
from graphql_api.portal.visits import Visit
from graphql_api.portal.words import Words, words_of
from graphql_api.transport.http_requests import body_of
from models.actors import Actor
from resolvers.preferences import digest_subscription, turn_off_digest
from resolvers.throttle import count_link

_ASK = """<p>$text</p>
<form method="post">
<button class="main">$button</button>
</form>
"""
_SAY = "<p>$text</p>\n"


async def show_unsubscribing(visit: Visit) -> Response:
    """End the digest, where the button was pressed, or show how it stands."""
    (member_id,) = visit.link.ids
    actor = Actor.system(visit.services.database, visit.link.organization_id)
    # Whoever is not here any more has no digest, and the link is as good as none.
    shown = await digest_subscription(actor, member_id)
    words = words_of(shown.locale)
    if visit.posted:
        # Whatever it says: mail programs send a form of either kind, and there is nothing else that it could mean.
        await body_of(visit.head, visit.request.receive, FORM_LIMIT)
        await count_link(visit.services.database, visit.link)
        await turn_off_digest(actor, member_id)
    # Answered at once, because a mail program that presses the button follows no redirect.
    title, content = _asked(words) if shown.daily and not visit.posted else _ended(words)
    return page(words.language, shown.organization_name, title, content)


def _asked(words: Words) -> tuple[str, Markup]:
    return words.digest_title, filled(_ASK, text=words.digest_text, button=words.digest_stop)


def _ended(words: Words) -> tuple[str, Markup]:
    return words.digest_off_title, filled(_SAY, text=words.digest_off_text)
