"""Passwords: what one may be, how it is kept, and how one that is shown is checked."""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from models.errors import InvalidInput

R = TypeVar("R")

SHORTEST = 12
LONGEST = 128
# OWASP's parameters for argon2id: 19 MiB, two passes, one lane. About 35 ms of one core.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# More would take the event loop's turns on a machine of two cores.
AT_ONCE = 2


def normalized(password: str) -> str:
    """The password however its characters were composed (NFKC): keyboards differ, the password is the same."""
    return unicodedata.normalize("NFKC", password)


def check_new(password: str, field: str) -> None:
    """Raise InvalidInput for what can't be a new password. Length is all that is asked for (NIST SP 800-63B)."""
    if not len(normalized(password[: LONGEST + 1])) >= SHORTEST or len(password) > LONGEST:
        raise InvalidInput(f"A password has {SHORTEST} to {LONGEST} characters; any will do.", [field])


class Passwords:
    """argon2id beside the event loop: `at_once` at a time, because each takes the hasher's memory."""

    def __init__(self, hasher: PasswordHasher = HASHER, at_once: int = AT_ONCE) -> None:
        self._hasher = hasher
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="password")
        # What is checked against where there is no password: an unknown account costs what a known one costs.
        self._decoy = hasher.hash("there is nobody behind this")

    async def hash(self, password: str) -> str:
        """What is stored of a password."""
        return await self._beside(lambda: self._hasher.hash(normalized(password)))

    async def are_equal(self, password: str, stored: str | None) -> bool:
        """Whether this is the stored password. Takes as long where none is stored."""
        fits = len(password) <= LONGEST
        right = await self._beside(lambda: self._verify(password if fits else "", stored or self._decoy))
        return right and fits and stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether a password was stored with other parameters than new ones are."""
        return self._hasher.check_needs_rehash(stored)

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, normalized(password))
        except VerifyMismatchError:
            return False

    async def _beside(self, work: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
