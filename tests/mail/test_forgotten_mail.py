"""Mail that waits in the outbox goes with the person to whom it was written"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from models.actors import Actor, Role
from models.fields import new_id
from tests.client import Client
from tests.mail.post import postman
from tests.mutations.members import id_of
from tests.world import Helpdesk

Make = Callable[[], Awaitable[Helpdesk]]


def files_with(folder: Path, canary: str) -> int:
    """In how many files of the data folder a canary sings."""
    return sum(canary in path.read_text() for path in folder.rglob("*") if path.is_file())


async def test_nothing_of_a_customer_is_left_in_any_file(
    a_helpdesk: Make, client: Callable[[str], Client], tmp_path: Path
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    name, word = f"canary{new_id().hex}", f"canary{new_id().hex}"
    person = await world.member(Role.CUSTOMER, name)
    by = client(await world.token_of(person))
    await by.create_ticket(input={"subject": f"My {word}", "body": "Please help."})
    await helpdesk.ticket(subject="It broke")
    worker, system = postman(world, tmp_path, "mail_of_ticket", "forget_mail"), Actor.system(world.database, world.id)
    await worker.step(system)
    assert [files_with(tmp_path, canary) for canary in (name, word, "It broke")] == [1, 1, 1]

    await helpdesk.admin.erase_person(user_id=id_of(person))
    await worker.step(system)

    assert [files_with(tmp_path, canary) for canary in (name, word, "It broke")] == [0, 0, 1]


@pytest.mark.parametrize(("anonymize", "left"), [(True, 0), (False, 1)])
async def test_a_member_who_is_anonymized_is_in_no_file(
    a_helpdesk: Make, client: Callable[[str], Client], tmp_path: Path, anonymize: bool, left: int
) -> None:
    helpdesk = await a_helpdesk()
    world = helpdesk.world
    name = f"canary{new_id().hex}"
    agent = await world.member(Role.AGENT, name)
    await client(await world.token_of(agent)).create_ticket(input={"subject": "Mine", "body": "Please help."})
    worker, system = postman(world, tmp_path, "mail_of_ticket", "forget_mail"), Actor.system(world.database, world.id)
    await worker.step(system)
    assert files_with(tmp_path, name) == 1

    await helpdesk.admin.remove_member(input={"user_id": id_of(agent), "unassign": True, "anonymize": anonymize})
    await worker.step(system)

    assert files_with(tmp_path, name) == left
