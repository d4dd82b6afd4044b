"""Which layer of the server a sample of its stack belongs to"""

from __future__ import annotations

import sys

import pytest

from benchmarks.layers import LOOP, files_of, layer


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (["/x/site-packages/uvloop/__init__.py", "/x/helpdesk/serving.py"], LOOP),
        (["/x/site-packages/uvicorn/protocols/http/httptools_impl.py"], "HTTP"),
        (["/x/graphql_api/transport/http.py", "/x/site-packages/starlette/routing.py"], "HTTP"),
        (
            ["/x/site-packages/asyncpg/pool.py", "/x/graphql_api/plans/running.py"],
            "statements: sending them, getting rows",
        ),
        (["/x/site-packages/asyncpg/pool.py", "/x/resolvers/tokens.py", "/x/graphql_api/auth.py"], "authentication"),
        (
            ["<plan>", "/x/graphql_api/plans/running.py", "/x/graphql_api/transport/http.py"],
            "plan: values to bind, rows to answer",
        ),
        (["/x/site-packages/graphql/execution/values.py"], "document: variables, cost, budget, limits"),
        (["/x/site-packages/graphql/execution/executor.py", "/x/graphql_api/execution.py"], "ordinary executor"),
        (["/x/resolvers/messages.py", "/x/graphql_api/mutations/messages.py"], "operation"),
        (["/x/graphql_api/execution.py", "/x/graphql_api/transport/http.py"], "execution: context, JSON to bytes"),
    ],
)
def test_the_layer_of_a_stack(files: list[str], expected: str) -> None:
    assert layer(files) == expected


def test_the_files_of_a_stack_begin_with_the_innermost() -> None:
    assert next(files_of(sys._getframe())) == __file__
