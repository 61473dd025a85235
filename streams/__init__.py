"""The stages, each a pure function, and the engine that carries records through them."""
