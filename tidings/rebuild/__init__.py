"""`tidings rebuild`: what Kafka no longer has, from the archive into a store that was filled anew."""
