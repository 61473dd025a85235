"""`tidings replay`: what was archived, normalised once more with the adapters of today."""
