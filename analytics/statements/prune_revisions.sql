-- Only the newest row of an hour and account counts.
DELETE FROM hour_revision
WHERE batch_id < (
    SELECT max(newer.batch_id)
    FROM hour_revision AS newer
    WHERE newer.hour_at = hour_revision.hour_at AND newer.account = hour_revision.account
)
