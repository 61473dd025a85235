"""Files for other systems that prove their own completeness: rows, hashes, and up to which places on Kafka they go."""
