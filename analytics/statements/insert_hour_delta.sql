INSERT INTO hour_delta BY NAME
SELECT
    hour_at,
    account,
    provider,
    connection,
    channel,
    country,
    campaign,
    sender,
    status,
    reason,
    is_conflict,
    sum(side * attempt_count) AS attempt_count,
    sum(side * entry_count) AS entry_count,
    sum(side * repeated_count) AS repeated_count,
    $batch_id::BIGINT AS batch_id
FROM new_cells
GROUP BY ALL
HAVING sum(side * attempt_count) <> 0 OR sum(side * entry_count) <> 0 OR sum(side * repeated_count) <> 0
