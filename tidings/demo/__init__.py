"""Tidings at work on made-up traffic: for a look, and for a proof."""
