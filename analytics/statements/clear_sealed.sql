DELETE FROM {hours}
WHERE batch_id <= $batch_id::BIGINT AND hour_at IN (SELECT hour_at FROM sealed_{hours})
