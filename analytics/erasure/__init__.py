"""A person taken out of all that an installation keeps, and the proof that nothing readable is left."""
