INSERT INTO latency_delta BY NAME
SELECT
    hour_at,
    account,
    provider,
    connection,
    latency_channel AS channel,
    country,
    campaign,
    sender,
    bucket_of(latency_ms) AS bucket,
    sum(side) AS attempt_count,
    $batch_id::BIGINT AS batch_id
FROM new_cells
WHERE latency_ms IS NOT NULL
GROUP BY ALL
HAVING sum(side) <> 0
