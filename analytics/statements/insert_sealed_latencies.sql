INSERT INTO latency_delta BY NAME
FROM sealed_latencies
WHERE attempt_count <> 0
