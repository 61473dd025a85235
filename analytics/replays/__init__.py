"""What was archived, played again: what that would change, and doing it."""
