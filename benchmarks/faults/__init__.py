"""Faults, and what must hold whatever dies: `python -m benchmarks.faults`, `make faults`."""
