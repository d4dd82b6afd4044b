"""What tells that the database can't be reached from all else that can go wrong."""

from __future__ import annotations

import errno
import socket

import asyncpg

# It can't be asked at the moment: whoever asks again and again goes on once it can.
AWAY = (
    OSError,
    asyncpg.InterfaceError,
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.InvalidCachedStatementError,
)
# What work that comes round again puts into the log and tries anew: nothing that the database says may end it for good.
OUTAGES = (OSError, asyncpg.InterfaceError, asyncpg.PostgresError)

_OUT_OF_REACH = (
    ConnectionError,
    socket.gaierror,
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # It reads, and writes again as soon as there is room.
    asyncpg.DiskFullError,
)
_NO_WAY = frozenset({errno.ETIMEDOUT, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})


def is_away(error: BaseException) -> bool:
    """Whether the database was out of reach, so that the same will do once it is back."""
    if isinstance(error, asyncpg.InterfaceError):
        # What asyncpg says of a connection that has ended meanwhile, or what it says next, when a transaction is left
        # whose connection has ended; all else of this class is a mistake of ours.
        before = error.__context__
        return "closed" in str(error) or (before is not None and is_away(before))
    return isinstance(error, _OUT_OF_REACH) or (isinstance(error, OSError) and error.errno in _NO_WAY)
