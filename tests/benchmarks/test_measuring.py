"""How `make bench` counts, and how it tells that two servers say the same"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from uuid import UUID

import pytest

from benchmarks.growth import flat
from benchmarks.measuring import Cost, cpu, least, rotated, spent
from benchmarks.questions import same
from benchmarks.report import goals, ratios
from benchmarks.servers import Server
from benchmarks.spelling import Floor, Product, plain


def test_cpu_is_what_the_process_used_and_not_the_time_that_passed() -> None:
    before, started = cpu(os.getpid()), time.process_time()
    while time.process_time() - started < 0.05:
        pass
    time.sleep(0.05)

    used, known = cpu(os.getpid()) - before, time.process_time() - started

    assert used == pytest.approx(known, abs=0.02)


def test_a_process_that_is_gone_used_nothing() -> None:
    assert cpu(2**22 + 1) == 0


def test_a_backend_that_came_in_between_counts_whole_and_one_that_went_does_not() -> None:
    assert spent({1: 2.0, 2: 5.0}, {1: 2.5, 3: 0.25}) == 0.75


def test_the_least_is_taken_of_each_share() -> None:
    assert least([Cost(1.0, 0.5), Cost(2.0, 0.25)]) == Cost(1.0, 0.25)


def test_every_server_is_first_in_turn() -> None:
    servers = [Server(name, 0, 0, Floor()) for name in ("a", "b", "c")]

    order = ["".join(server.name for server in rotated(servers, number)) for number in range(4)]

    assert order == ["abc", "bca", "cab", "abc"]


def test_answers_are_brought_to_one_form() -> None:
    ours = {
        "id": "tkt_0199a0b0c0d070e080f0a1b2c3d4e5f6",
        "__typename": "Ticket",
        "status": "IN_PROGRESS",
        "createdAt": "2026-11-25T20:00:00.125Z",
        "messages": {"nodes": [{"authorKind": "AI", "body": "OPEN"}]},
    }
    theirs = {
        "id": "0199a0b0-c0d0-70e0-80f0-a1b2c3d4e5f6",
        "status": "in_progress",
        "createdAt": "2026-11-25T21:00:00.125678+01:00",
        "messages": [{"authorKind": "ai", "body": "OPEN"}],
    }

    assert plain(ours) == plain(theirs)


def test_what_differs_ends_the_run_with_both_answers() -> None:
    with pytest.raises(RuntimeError, match=r"floor and helpdesk differ:\n\[2\]\n\[1\]"):
        same({"helpdesk": [1], "floor": [2]})


def test_goals_name_what_was_reached_of_the_peers_that_ran() -> None:
    costs = {"helpdesk": Cost(0.2, 0.1), "floor": Cost(0.1, 0.1)}

    said = list(goals({"Q1": costs, "Q2": costs, "M1": costs}))

    assert said == [
        "Q1: server + PostgreSQL 1.50 x floor's; the goal is 2: reached. (server: 2.00)",
        "Q2: server + PostgreSQL 1.50 x floor's; the goal is 1: missed. (server: 2.00)",
        "M1: server + PostgreSQL 1.50 x floor's; the goal is 2: reached. (server: 2.00)",
    ]
    assert ratios(costs["helpdesk"], costs, "floor") == "2.00 (1.50)"
    assert ratios(costs["helpdesk"], costs, "postgraphile") == ""


def test_a_list_is_flat_where_it_reads_the_same_and_takes_no_more_than_a_fifth_longer() -> None:
    assert flat([30, 30], [Cost(0.8, 0.2), Cost(0.9, 0.2)]).endswith("10% of time; the goal is 0 and 20%: reached.")
    assert flat([30, 31], [Cost(0.8, 0.2), Cost(0.9, 0.2)]).startswith("Q2 grows by 1 buffers")
    assert flat([30, 31], [Cost(0.8, 0.2), Cost(0.9, 0.2)]).endswith("missed.")
    assert flat([30, 30], [Cost(0.8, 0.2), Cost(1.1, 0.2)]).endswith("missed.")


def test_a_request_is_whole_before_it_is_sent() -> None:
    head, _, body = Product("hd_secret").ticket(UUID(int=1)).partition(b"\r\n\r\n")

    lines: Iterator[bytes] = iter(head.split(b"\r\n"))
    assert next(lines) == b"POST /graphql HTTP/1.1"
    assert set(lines) >= {b"authorization: Bearer hd_secret", f"content-length: {len(body)}".encode()}
    assert b"tkt_00000000000000000000000000000001" in body
