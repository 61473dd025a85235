"""Makes the sends that `fallback` commands: each is claimed, made once, and answered with what came of it."""
