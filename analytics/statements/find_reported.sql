-- All reports of the attempts that this batch tells of. They are found by their number first, which leaves little to be read
-- of other attempts.
SELECT
    attempt_id,
    batch_id = $batch_id AS is_fresh,
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
    latency_ms,
    part,
    unit,
    scope,
    verdict,
    status,
    item_status,
    reason,
    is_new_conflict,
    price,
    currency
FROM (FROM report SEMI JOIN new_touched USING (first_tick)) AS near
SEMI JOIN (SELECT attempt_id::UUID AS attempt_id FROM new_touched) AS touched USING (attempt_id)
