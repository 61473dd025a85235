"""Plays the providers: writes the lives of messages, posts the callbacks, and knows what the outcome must be."""
