"""Breaks a whole installation in every way that is known, under load, and holds what it says against the truth."""
