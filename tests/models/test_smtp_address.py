"""Where mail is handed over: read from one address, or refused with a sentence that tells no password"""

from __future__ import annotations

from pathlib import Path

import pytest

from models.settings import Settings, SettingsError
from models.smtp_address import SmtpAddress, SmtpTls


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtp://mail.test", SmtpAddress("mail.test", 587, SmtpTls.AUTO)),
        ("smtp://mail.test:25?tls=off", SmtpAddress("mail.test", 25, SmtpTls.OFF)),
        ("smtp://mail.test?tls=required", SmtpAddress("mail.test", 587, SmtpTls.REQUIRED)),
        # A password is not said to whoever listens.
        ("smtp://us:p%40ss@mail.test", SmtpAddress("mail.test", 587, SmtpTls.REQUIRED, "us", "p@ss")),
        ("smtp://us:pass@mail.test?tls=off", SmtpAddress("mail.test", 587, SmtpTls.OFF, "us", "pass")),
        ("smtps://us:pass@mail.test", SmtpAddress("mail.test", 465, SmtpTls.IMPLICIT, "us", "pass")),
        ("smtps://mail.test?ca=/etc/ca.pem", SmtpAddress("mail.test", 465, SmtpTls.IMPLICIT, ca=Path("/etc/ca.pem"))),
    ],
)
def test_an_address_says_all(url: str, address: SmtpAddress) -> None:
    assert Settings.from_environment({"HELPDESK_SMTP_URL": url}).smtp_url == address


@pytest.mark.parametrize(
    "url",
    [
        "mail.test",
        "http://mail.test",
        "smtp://",
        "smtp://mail.test/inbox",
        "smtp://mail.test:port",
        "smtp://secret@mail.test",
        "smtp://:secret@mail.test",
        "smtp://us:secret@mail.test?tls=maybe",
        "smtp://us:secret@mail.test?verify=no",
        "smtps://us:secret@mail.test?tls=off",
    ],
)
def test_another_is_refused_and_its_password_not_told(url: str) -> None:
    with pytest.raises(SettingsError, match="HELPDESK_SMTP_URL takes an address such as") as refused:
        Settings.from_environment({"HELPDESK_SMTP_URL": url})

    assert "secret" not in str(refused.value)


@pytest.mark.parametrize("value", ["support", "a@b@c", "", "Ünï@example.test", "a b@example.test"])
def test_mail_comes_from_an_address(value: str) -> None:
    if value == "":
        assert Settings.from_environment({"HELPDESK_FROM_EMAIL": value}).from_email == "support@localhost"
        return
    with pytest.raises(SettingsError, match=r"it takes an address such as support@example\.com"):
        Settings.from_environment({"HELPDESK_FROM_EMAIL": value})


@pytest.mark.parametrize(
    ("variable", "highest"),
    [
        ("HELPDESK_SMTP_CONNECTIONS", 100),
        ("HELPDESK_SMTP_TIMEOUT_SECONDS", 600),
        ("HELPDESK_MAIL_CEILING", 1_000_000),
    ],
)
def test_the_numbers_of_mail(variable: str, highest: int) -> None:
    assert Settings.from_environment({variable: str(highest)}) != Settings()
    for wrong in ("0", str(highest + 1), "many"):
        with pytest.raises(SettingsError, match=f"it takes a whole number from 1 to {highest}"):
            Settings.from_environment({variable: wrong})
