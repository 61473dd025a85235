-- When the oldest fact of before $until was received or first heard of, $beyond being the first id from then on; null when
-- there is none. Bounds, because what lies behind them is then not read.
-- parameters: until, beyond
SELECT min(moment_at) AS oldest_at
FROM (
    SELECT min(received_at) AS moment_at FROM callback WHERE received_at < $until::TIMESTAMP
    UNION ALL
    SELECT first_heard(min(attempt_id)) AS moment_at FROM report WHERE attempt_id < $beyond::UUID
    UNION ALL
    SELECT first_heard(min(attempt_id)) AS moment_at FROM registration WHERE attempt_id < $beyond::UUID
)
