"""Batches inside faust: what carries a stage, whatever the stage decides. `docs/architecture-engine.md` draws it."""
