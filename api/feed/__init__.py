"""The live feed: every change of a status as it happens, from any moment that Kafka still has."""
