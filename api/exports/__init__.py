"""Exports as jobs: ordered, queued, carried out one after the other, kept for a while."""
