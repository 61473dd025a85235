"""From Kafka's records to rows: one batch, one transaction, each record once."""
