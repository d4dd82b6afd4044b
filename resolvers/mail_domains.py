"""From which addresses an organization's mail may come: the operator says so, who answers for the mail server."""

from __future__ import annotations

from models.actors import Actor
from models.writer import organization_write
from resolvers import inputs
from resolvers.access import operation
from resolvers.settings import change_settings, locked_settings


@operation
async def verify_mail_domain(actor: Actor, domain: str | None) -> bool:
    """Let mail come from the organization's own address at this domain, None: at none; whether it does from now on.

    Whoever says so has seen to it that the deployment's server may send for the domain (SPF, DKIM): elsewhere such
    mail is thrown away as forged.
    """
    verified = None if domain is None else inputs.domain(domain, "domain")
    async with organization_write(actor) as write:
        settings = await locked_settings(write)
        if verified != settings.verified_domain:
            change_settings(write, settings, verified_domain=verified)
    return may_write_as(settings.from_email, verified)


def may_write_as(address: str | None, verified_domain: str | None) -> bool:
    """Whether mail may come from an address."""
    return address is not None and verified_domain is not None and address.rpartition("@")[2] == verified_domain
