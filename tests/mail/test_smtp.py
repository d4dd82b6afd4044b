"""Mail is handed to a server: whole, once where it can be known, and again where the server was away"""

from __future__ import annotations

import asyncio
import datetime
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.fields import new_id
from models.smtp_address import SmtpAddress, SmtpTls
from tasks.mail import smtp
from tasks.mail.carrying import MailAway, MailRefused, Parcel
from tasks.mail.smtp import SmtpPool
from tests.mail.post import read
from tests.mail.sinks import a_sink, certified, letting_in

PATIENCE = 1.0
SOON = 30


def parcel(to: str = "nora@example.test", subject: str = "Hello") -> Parcel:
    """A mail."""
    mail = EmailMessage(policy=SMTP if to.isascii() else SMTPUTF8)
    mail["From"], mail["To"], mail["Subject"] = "support@example.test", to, subject
    mail.set_content("Grüße.\n.\nFrom here on there is more.\n")
    return Parcel("ours", new_id(), mail.as_bytes(), "support@example.test", to)


async def test_a_mail_arrives_as_it_was_written() -> None:
    async with a_sink() as sink, SmtpPool.open(sink.address, 2, PATIENCE) as pool:
        await pool.send(parcel())

    (received,) = sink.received
    assert (received.sent_from, received.sent_to) == ("support@example.test", ["nora@example.test"])
    assert read(received.raw).get_content().splitlines() == ["Grüße.", ".", "From here on there is more."]


async def test_a_connection_is_kept_and_no_more_are_opened_than_there_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    async with a_sink() as sink, SmtpPool.open(sink.address, 2, PATIENCE) as pool:
        await asyncio.gather(*(pool.send(parcel()) for _ in range(10)))
        assert sink.connections == 2
        monkeypatch.setattr(smtp, "MAILS_LIMIT", 1)
        for _ in range(3):
            await pool.send(parcel())

        assert sink.connections == 3
    assert len(sink.received) == 13


async def test_a_connection_that_the_server_has_closed_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(smtp, "ASKED_AFTER", 0.0)
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, PATIENCE) as pool:
        await pool.send(parcel())
        sink.answers["NOOP"] = ["die"]
        await pool.send(parcel())

    assert (len(sink.received), sink.connections) == (2, 2)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_what_is_refused_for_good_is_told_from_what_may_come_again(command: str) -> None:
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, PATIENCE) as pool:
        sink.answers[command] = ["550 5.7.1 Not here", "451 4.3.0 Later"]
        with pytest.raises(MailRefused, match=r"^550 5.7.1 Not here$"):
            await pool.send(parcel())
        with pytest.raises(MailAway, match=r"^451 4.3.0 Later$"):
            await pool.send(parcel())
        await pool.send(parcel())

        assert len(sink.received) == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("fault", ["hang", "die"])
async def test_a_server_that_hangs_or_dies_is_away_and_not_waited_for(command: str, fault: str) -> None:
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, PATIENCE) as pool:
        sink.answers[command] = [fault]
        async with asyncio.timeout(SOON):
            with pytest.raises(MailAway):
                await pool.send(parcel())
        await pool.send(parcel())

        assert len(sink.received) == 1


async def test_no_server_at_all_is_away() -> None:
    async with a_sink() as sink:
        gone = sink.address
    async with SmtpPool.open(gone, 1, PATIENCE) as pool:
        with pytest.raises(MailAway, match=r"127.0.0.1 took no mail"):
            await pool.send(parcel())


async def test_addresses_in_all_letters_need_a_server_that_knows_them() -> None:
    async with a_sink() as sink, SmtpPool.open(sink.address, 1, PATIENCE) as pool:
        await pool.send(parcel("nöra@example.test"))
    assert sink.received[0].sent_to == ["nöra@example.test"]

    async with a_sink(enable_SMTPUTF8=False) as sink, SmtpPool.open(sink.address, 1, PATIENCE) as pool:
        with pytest.raises(MailRefused, match="can't write to such an address"):
            await pool.send(parcel("nöra@example.test"))


def a_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 that nobody has signed, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sink.test")])
    now = datetime.datetime.now(datetime.UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "key.pem"
    certificate.write_bytes(built.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate, private


async def test_it_is_encrypted_and_signed_in_where_the_address_says_so(tmp_path: Path) -> None:
    certificate, key = a_certificate(tmp_path)
    logins: list[str] = []
    tls = certified(str(certificate), str(key))
    options = {
        "tls_context": tls,
        "require_starttls": True,
        "authenticator": letting_in(logins, {"us": "secret"}),
        "auth_required": True,
    }
    async with a_sink(**options) as sink:
        said = SmtpAddress("127.0.0.1", sink.port, SmtpTls.REQUIRED, "us", "secret", certificate)
        async with SmtpPool.open(said, 1, SOON) as pool:
            await pool.send(parcel())
        assert (len(sink.received), logins) == (1, ["us"])

        # Who can't show that it is the server gets neither the password nor the mail.
        unknown = SmtpAddress("127.0.0.1", sink.port, SmtpTls.REQUIRED, "us", "secret")
        async with SmtpPool.open(unknown, 1, SOON) as pool:
            with pytest.raises(MailAway):
                await pool.send(parcel())
        wrong = SmtpAddress("127.0.0.1", sink.port, SmtpTls.REQUIRED, "us", "guess", certificate)
        async with SmtpPool.open(wrong, 1, SOON) as pool:
            # A wrong password is the operator's to mend, and no fault of the mail's.
            with pytest.raises(MailAway):
                await pool.send(parcel())
        assert len(sink.received) == 1
        assert logins[1:] == ["us"] * (len(logins) - 1) != []


async def test_no_mail_leaves_in_clear_where_the_address_wants_it_encrypted() -> None:
    async with a_sink() as sink:
        said = SmtpAddress("127.0.0.1", sink.port, SmtpTls.REQUIRED)
        async with SmtpPool.open(said, 1, PATIENCE) as pool:
            with pytest.raises(MailAway):
                await pool.send(parcel())
    assert sink.received == []
