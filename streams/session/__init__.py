"""Conversations that are billed by the session: what they hold, what they cost, and what may still be sent."""
