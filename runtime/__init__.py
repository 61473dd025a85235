"""The plumbing: settings, logging, metrics, clock, Kafka clients, a broker of one's own."""
