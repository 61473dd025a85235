-- What batches behind $sealed, up to and with $batch_id, changed of each day.
INSERT INTO {days} BY NAME
FROM (
    SELECT date_trunc('day', hour_at) AS day_at, {of_days}, {sums}, false AS is_merged
    FROM {hours}
    WHERE batch_id > $sealed::BIGINT AND batch_id <= $batch_id::BIGINT
    GROUP BY ALL
)
WHERE {counts}
