-- All registrations of the attempts that this batch tells of, found as their reports are.
SELECT
    attempt_id,
    batch_id = $batch_id AS is_fresh,
    root_id,
    message_id AS registered_for,
    provider,
    connection,
    account,
    channel,
    country,
    campaign,
    sender,
    attempt_status,
    previous_status,
    is_conflict,
    latency_ms
FROM (FROM registration SEMI JOIN new_touched USING (first_tick)) AS near
SEMI JOIN (SELECT attempt_id::UUID AS attempt_id FROM new_touched) AS touched USING (attempt_id)
