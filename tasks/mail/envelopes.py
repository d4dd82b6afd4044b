"""Letters as messages (RFC 5322): from whom, in which thread, and marked as sent by a machine."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8

from models.mail import thread_id
from models.settings import Settings
from resolvers.correspondence import Sender
from resolvers.mail import QueuedMail
from resolvers.mail_domains import may_write_as
from tasks.mail.carrying import Parcel
from tasks.mail.letters import Letter, one_line

# One at a time: two would take as long, and the event loop would wait for both.
_THREAD = ThreadPoolExecutor(1, "envelopes")


def domain_of(settings: Settings) -> str:
    """Where the deployment's mail comes from; what Message-IDs end in."""
    return settings.from_email.rpartition("@")[2]


async def packed(letter: Letter, mail: QueuedMail, settings: Settings) -> Parcel:
    """The mail as bytes, addressed. Made beside the event loop: encoding a long text can take a tenth of a second."""
    return await asyncio.get_running_loop().run_in_executor(_THREAD, _packed, letter, mail, settings)


def _packed(letter: Letter, mail: QueuedMail, settings: Settings) -> Parcel:
    content = message(letter, mail, settings).as_bytes()
    to = address(letter.recipient.address or "").addr_spec
    return Parcel(letter.sender.slug, mail.id, content, settings.from_email, to)


def message(letter: Letter, mail: QueuedMail, settings: Settings) -> EmailMessage:
    """The mail as it is sent: the same bytes' worth each time, so that a repetition is no second mail."""
    to = address(letter.recipient.address or "")
    # Only an address that no other mail system could write needs a server that knows these.
    built = EmailMessage(policy=SMTP if to.addr_spec.isascii() else SMTPUTF8)
    built["Message-ID"] = mail.message_id
    built["Date"] = mail.created_at
    built["From"] = from_of(letter.sender, settings)
    own = letter.sender.from_email
    if own and not may_write_as(own, letter.sender.verified_domain):
        built["Reply-To"] = address(own)
    built["To"] = to
    built["Subject"] = letter.subject
    if letter.ticket_id:
        root = thread_id(letter.ticket_id, domain_of(settings))
        built["In-Reply-To"] = root
        built["References"] = root
    built["Auto-Submitted"] = "auto-generated"
    built["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe_url:
        built["List-Unsubscribe"] = f"<{letter.unsubscribe_url}>"
        built["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    built.set_content(letter.text)
    built.add_alternative(letter.html, subtype="html")
    built.set_boundary(mail.id.hex)
    return built


def from_of(sender: Sender, settings: Settings) -> Address:
    """The deployment's own address under the organization's name, until the operator has verified its domain."""
    own = sender.from_email
    written = own if own and may_write_as(own, sender.verified_domain) else settings.from_email
    return address(written, one_line(sender.from_name or settings.from_name))


def is_deliverable(plain: str | None) -> bool:
    """Whether mail can go to an address: there is one, without signs that no mail system takes."""
    if not plain or not plain.isprintable():
        return False
    try:
        address(plain)
    except (ValueError, IndexError):
        return False
    return True


def address(plain: str, name: str = "") -> Address:
    """An address in the form that mail systems know, whatever stands before its @ or behind."""
    user, _, domain = plain.rpartition("@")
    return Address(name, user, domain if domain.isascii() else domain.encode("idna").decode())
