"""What is well and what is not, judged by what the store, Kafka and this machine say."""
