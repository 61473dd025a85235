"""The store: what Kafka carries becomes rows, and questions get answers that say how fresh they are.

The only room that knows DuckDB. `sink` writes what comes into the file that `store` keeps, and `upkeep` tidies behind
it; `asking` is what all have in common who read, `measures` are numbers and `lists` what happened. `service` puts them
together; others ask through it, its reader and `questions`.
"""
