-- Alarms, those that are open and those that have cleared, the newest first, each with the newest word about it.
-- parameters: accounts, is_open, limit
-- lane: look-up
SELECT
    alarm_id,
    any_value(kind) AS kind,
    any_value(account) AS account,
    any_value(provider) AS provider,
    any_value(connection) AS connection,
    any_value(channel) AS channel,
    min(raised_at) AS raised_at,
    min(told_at) FILTER (WHERE told = 'cleared') AS cleared_at,
    max_by(value, told_at) FILTER (WHERE told = 'raised') AS value,
    max_by(usual, told_at) FILTER (WHERE told = 'raised') AS usual,
    max_by(detail, told_at) FILTER (WHERE told = 'raised') AS detail,
    max_by(detail, told_at) FILTER (WHERE told = 'cleared') AS cleared_detail
FROM alarm
WHERE $accounts IS NULL OR list_contains($accounts, account)
GROUP BY alarm_id
HAVING $is_open IS NULL OR $is_open = (cleared_at IS NULL)
ORDER BY raised_at DESC, alarm_id
LIMIT $limit::BIGINT
