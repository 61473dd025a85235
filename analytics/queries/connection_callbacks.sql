-- When each connection last called back, how often in the last hour, and how often in the same hour of each of the seven
-- days before of which callbacks are known. What was played again is no callback.
-- parameters: origins, at
WITH heard AS (
    SELECT provider, connection, received_at, epoch_ms($at::TIMESTAMP) - epoch_ms(received_at) AS age_ms
    FROM callback
    WHERE
        ($origins IS NULL OR list_contains($origins, provider || ':' || connection))
        AND replay_of_offset IS NULL
        AND received_at > $at::TIMESTAMP - INTERVAL 8 DAY
        AND received_at <= $at::TIMESTAMP
)

SELECT
    provider,
    connection,
    max(received_at) AS last_callback_at,
    count(*) FILTER (WHERE age_ms < 3_600_000) AS hour_count,
    count(*) FILTER (WHERE age_ms >= 86_400_000 AND age_ms % 86_400_000 < 3_600_000) AS before_count,
    max(age_ms) // 86_400_000 AS day_count
FROM heard
GROUP BY provider, connection
ORDER BY provider, connection
