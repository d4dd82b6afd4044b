"""Makes plans and runs them: one for each document, operation, role and outcome of @skip and @include."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from graphql import OperationDefinitionNode
from graphql.execution.values import VariableValues

from graphql_api.documents import Document
from graphql_api.plans.mutating import MakeInfo, Verb
from graphql_api.plans.planning import Plan, Planner
from graphql_api.plans.running import Typename
from graphql_api.plans.shapes import Unplanned
from graphql_api.reading.reads import RowType
from models.actors import Actor
from models.errors import HelpdeskError

if TYPE_CHECKING:
    from strawberry import Schema

    from graphql_api.context import Context

_WHY = "fallback: "


class Plans:
    """All plans of a process, each kept with its document.

    `counts` says how often one was found (`hit`), made (`miss`) or given up, and why. What an operation was answered
    by stands in its context's `plan` as well.
    """

    def __init__(self, schema: Schema) -> None:
        self._planner = Planner(schema)
        self._mutation = schema._schema.mutation_type
        self.counts: Counter[str] = Counter()

    async def run(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, context: Context
    ) -> dict[str, Any]:
        """A query's data. Raises Unplanned, or what a field was refused for, where the executor has to find it."""
        plan = self._plan(document, operation, values, context)
        if plan.why_not:
            raise Unplanned(plan.why_not)
        try:
            return {key: await root.run(context, values) for key, root in plan.roots.items()}
        except (Unplanned, HelpdeskError) as refusal:
            self._give_up(refusal, context)
            raise

    async def change(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: VariableValues,
        context: Context,
        info: MakeInfo,
    ) -> dict[str, Any] | None:
        """Carry a mutation out; its data, or None where nothing was done and the ordinary executor has to do all."""
        plan = self._plan(document, operation, values, context)
        if plan.why_not:
            return None
        try:
            for verb in plan.verbs.values():
                if isinstance(verb, Verb):
                    verb.check(values, context)
        except (Unplanned, HelpdeskError) as refusal:
            self._give_up(refusal, context)
            return None
        data: dict[str, Any] = {}
        for key, verb in plan.verbs.items():
            if isinstance(verb, Verb) and self._mutation:
                data[key] = await verb.run(context, values, self._mutation, key, info)
            elif isinstance(verb, Typename):
                data[key] = verb.value
        return data

    async def deliver(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: VariableValues,
        context: Context,
        event: RowType,
    ) -> dict[str, Any]:
        """What a subscription shows of an event. Raises what `run` raises."""
        plan = self._plan(document, operation, values, context)
        if plan.why_not:
            raise Unplanned(plan.why_not)
        try:
            return {
                key: await delivery.shown(type(event)).run(context, values, event.row)
                for key, delivery in plan.deliveries.items()
            }
        except (Unplanned, HelpdeskError) as refusal:
            self._give_up(refusal, context)
            raise

    def asked(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, actor: Actor
    ) -> Hashable:
        """What two subscriptions of a role have in common that show the same, unless it matters whose they are."""
        names = frozenset(values.coerced)
        plan, _ = self._found(document, operation, values, actor)
        for delivery in plan.deliveries.values():
            names = delivery.variables
        given = repr({name: value for name, value in values.coerced.items() if name in names})
        return document.text, operation.name and operation.name.value, given, actor.organization_id, actor.role

    def is_personal(
        self,
        document: Document,
        operation: OperationDefinitionNode,
        values: VariableValues,
        actor: Actor,
        kind: type[RowType],
    ) -> bool:
        """Whether it matters who of a role is shown an event of a type."""
        plan, _ = self._found(document, operation, values, actor)
        for delivery in plan.deliveries.values():
            with suppress(Unplanned):
                return delivery.shown(kind).personal
        return True

    def told(self) -> str:
        """The counts as a sentence for operators, the commonest reasons first."""
        hits, made, given_up = self.counts["hit"], self.counts["miss"], self.counts["fallback"]
        whys = [(name.removeprefix(_WHY), times) for name, times in self.counts.most_common() if _WHY in name]
        lines = [f"Plans: {hits:,} found, {made:,} made, {given_up:,} given up{':' if whys else '.'}"]
        return "\n".join([*lines, *(f"  {times:,} {why}" for why, times in whys)])

    def _give_up(self, refusal: Unplanned | HelpdeskError, context: Context) -> None:
        # What a client is told may quote what it sent; there are only so many codes.
        reason = refusal.code if isinstance(refusal, HelpdeskError) else str(refusal)
        self.counts["fallback"] += 1
        self.counts[f"{_WHY}{reason}"] += 1
        context.plan = {"planned": False, "reason": str(refusal)}

    def _plan(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, context: Context
    ) -> Plan:
        plan, cached = self._found(document, operation, values, context.actor)
        self.counts["hit" if cached else "miss"] += 1
        context.plan = {"planned": True, "cached": cached}
        if plan.why_not:
            self._give_up(Unplanned(plan.why_not), context)
        return plan

    def _found(
        self, document: Document, operation: OperationDefinitionNode, values: VariableValues, actor: Actor
    ) -> tuple[Plan, bool]:
        """The plan, and whether it was there already."""
        name = (id(operation), actor.role, *map(values.coerced.get, document.switches))
        known: Plan | None = document.plans.get(name)
        if known is not None:
            return known, True
        try:
            plan = self._planner.plan(document, operation, values, actor)
        except Unplanned as refusal:
            plan = Plan(why_not=str(refusal))
        document.plans.keep(name, plan)
        return plan, False
