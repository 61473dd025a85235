"""The store: what Kafka carries becomes rows, and questions get answers that say how fresh they are.

The only room that knows DuckDB. Others ask through `service`, `reader` and `questions`.
"""
