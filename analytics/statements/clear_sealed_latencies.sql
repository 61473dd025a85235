DELETE FROM latency_delta
WHERE hour_at IN (SELECT hour_at FROM sealed_latencies)
