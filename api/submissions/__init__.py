"""What callers tell us, as a body has it: checked, and made into records for Kafka."""
