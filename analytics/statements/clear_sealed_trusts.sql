DELETE FROM trust_delta
WHERE hour_at IN (SELECT hour_at FROM sealed_trusts)
