"""Migration operations of ours, where Tortoise's own leave something out."""

from __future__ import annotations

from tortoise.migrations import operations
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations.schema_generator.state import State


class CreateTable(operations.CreateModel):
    """Create a table with its constraints; Tortoise's CreateModel knows of them and passes them over."""

    async def database_forward(
        self, app_label: str, old_state: State, new_state: State, state_editor: BaseSchemaEditor | None = None
    ) -> None:
        """Create the table, then add each constraint."""
        await super().database_forward(app_label, old_state, new_state, state_editor)
        if state_editor:
            model = new_state.apps.get_model(f"{app_label}.{self.name}")
            for constraint in model._meta.constraints:
                await state_editor.add_constraint(model, constraint)
