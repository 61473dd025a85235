-- One row per cell for the hours that have changed since batch $sealed. batch_id stays that of the newest change.
CREATE OR REPLACE TEMP TABLE sealed_{hours} AS
SELECT hour_at, {of_hours}, {sums}, max(batch_id) AS batch_id
FROM {hours}
WHERE
    batch_id <= $batch_id::BIGINT
    AND hour_at IN (SELECT hour_at FROM {hours} WHERE batch_id > $sealed::BIGINT AND batch_id <= $batch_id::BIGINT)
GROUP BY ALL
