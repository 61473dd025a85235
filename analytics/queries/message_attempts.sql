-- Where each attempt of a message stands, by the message's id or that of one of its attempts.
-- parameters: id, accounts
-- lane: look-up
WITH
-- include: attempts_named

evidence AS (
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, attempt_status, previous_status, is_conflict,
        sent_at, delivered_at, latency_ms, true AS is_report
    FROM report SEMI JOIN attempt USING (attempt_id)
    UNION ALL
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, attempt_status, previous_status, is_conflict,
        sent_at, delivered_at, latency_ms, false AS is_report
    FROM registration SEMI JOIN attempt USING (attempt_id)
)

SELECT
    attempt_id,
    -- One that nobody registered in time has an id of its own, until somebody does.
    coalesce(
        max(message_id) FILTER (WHERE NOT is_report),
        max(message_id),
        (SELECT max(message_id) FROM unclaimed WHERE unclaimed.attempt_id = evidence.attempt_id)
    ) AS message_id,
    any_value(account) AS account,
    any_value(provider) AS provider,
    any_value(connection) AS connection,
    any_value(root_id) AS root_id,
    standing(sum(move(attempt_status, previous_status))) AS status,
    bool_or(is_conflict) AS is_conflict,
    NOT bool_and(is_report) AS is_registered,
    min(sent_at) AS sent_at,
    min(delivered_at) AS delivered_at,
    max(latency_ms) AS latency_ms,
    count_if(is_report) AS report_count
FROM evidence
WHERE $accounts IS NULL OR list_contains($accounts, account)
GROUP BY attempt_id
ORDER BY attempt_id
