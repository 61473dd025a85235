"""The other edges that the ingest group measures beside ours, and the server without an application."""
