"""What came in by the doors, kept in Parquet files by day for as long as the owner wants; Kafka forgets after days."""
