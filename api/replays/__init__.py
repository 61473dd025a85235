"""Replays as jobs: ordered, queued, rehearsed or carried out one after the other, kept for a while."""
