"""The points at which a worker is killed, put into its process from outside: the product's code has none of this."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from benchmarks.faults.sabotage import SABOTAGES
from benchmarks.faults.vendor import FarModel
from helpdesk import house
from rag.chat import ChatModel
from tasks import running, worker
from tasks.leases import Terms, begin
from tasks.mail.carrying import Parcel
from tasks.mail.smtp import SmtpPool


class Point(StrEnum):
    """Where a worker dies."""

    CLAIMED = "claimed"
    BEFORE = "before the effect"
    AFTER = "after the effect, before done"
    MODEL = "in a model call"
    DATA = "in SMTP DATA"
    """The last two are done by those who are called, which know when: here nothing is put in."""


class Blow:
    """Kills this process at the so-manieth time that it gets there."""

    def __init__(self, times: int) -> None:
        self._left = times

    def strike(self) -> None:
        """One time less."""
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def arm(environment: Mapping[str, str]) -> None:
    """Do what the environment says: FAULTS_POINT and FAULTS_TIMES, a lease of FAULTS_LEASE seconds, the chat model at
    the port FAULTS_MODEL, and FAULTS_SABOTAGE."""
    if seconds := environment.get("FAULTS_LEASE"):
        inside: Any = worker.run_tasks
        inside.__wrapped__.__kwdefaults__["terms"] = Terms(lease=timedelta(seconds=float(seconds)))
    if port := environment.get("FAULTS_MODEL"):
        model = ChatModel("far", FarModel(port=int(port)))
        setattr(house, "chat_model", lambda *_: model)  # noqa: B010
    if name := environment.get("FAULTS_SABOTAGE"):
        SABOTAGES[name].arm()
    if point := environment.get("FAULTS_POINT"):
        _put_in(Point(point), Blow(int(environment["FAULTS_TIMES"])))


def _put_in(point: Point, blow: Blow) -> None:
    send = SmtpPool.send

    async def dies_claimed(*arguments: Any) -> Any:
        blow.strike()
        return await begin(*arguments)

    async def dies_before(pool: SmtpPool, parcel: Parcel) -> None:
        blow.strike()
        await send(pool, parcel)

    async def dies_after(pool: SmtpPool, parcel: Parcel) -> None:
        await send(pool, parcel)
        blow.strike()

    places: Mapping[Point, tuple[Any, str, Any]] = {
        Point.CLAIMED: (running, "begin", dies_claimed),
        Point.BEFORE: (SmtpPool, "send", dies_before),
        Point.AFTER: (SmtpPool, "send", dies_after),
    }
    if place := places.get(point):
        setattr(*place)
