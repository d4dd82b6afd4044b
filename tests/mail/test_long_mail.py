"""The longest answer there may be is put into its envelope while everything else goes on"""

from __future__ import annotations

import asyncio

from models.database import utc_now
from models.fields import new_id
from models.mail import MailKind, MailStatus
from models.settings import Settings
from models.tickets import BODY_LIMIT
from rag.markdown import to_html
from resolvers.correspondence import Correspondence, Recipient, Sender
from resolvers.mail import QueuedMail
from tasks.mail.envelopes import packed
from tasks.mail.letters import Answer, agent_reply
from tests.mail.post import plain, read

LONGEST = "漢字かな交じり文" * (BODY_LIMIT // 8)


async def test_others_have_their_turns_meanwhile() -> None:
    sender = Sender(new_id(), "ours", "Ours", "en", "Europe/Berlin", None, None, None)
    ticket = Correspondence(sender, Recipient(new_id(), "Nora", "nora@example.test"), new_id(), 7, "It blinks")
    letter = agent_reply(ticket, Answer(LONGEST, to_html(LONGEST)))
    mail = QueuedMail(
        new_id(), MailKind.AGENT_REPLY, ticket.recipient.id, "<1@localhost>", MailStatus.QUEUED, utc_now()
    )

    packing = asyncio.create_task(packed(letter, mail, Settings()))
    turns = 0
    while not packing.done():
        turns += 1
        await asyncio.sleep(0)

    assert turns > 3
    parcel = await packing
    assert LONGEST in plain(read(parcel.content))
    assert parcel.sent_to == "nora@example.test"
