-- What became of every send that was commanded. A step whose sends were taken under more than one of the providers' ids has
-- left twice.
-- parameters: until
WITH
wanted AS (
    SELECT NULL::UUID AS message_id WHERE false
),

-- include: send_heard
,

-- include: send_moved
,

counted AS (
    SELECT outcome, send_count, double_count FROM send_count
    UNION ALL
    SELECT outcome, side AS send_count, CASE WHEN is_double THEN side ELSE 0 END AS double_count FROM moved
),

summed AS (
    SELECT
        sum(send_count) AS sends,
        sum(send_count) FILTER (WHERE outcome = 'accepted') AS accepted,
        sum(send_count) FILTER (WHERE outcome = 'refused') AS refused,
        sum(send_count) FILTER (WHERE outcome = 'throttled') AS throttled,
        sum(send_count) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
        sum(send_count) FILTER (WHERE outcome = 'in_doubt') AS in_doubt,
        sum(send_count) FILTER (WHERE outcome = 'waiting') AS waiting,
        sum(double_count) AS double_sends
    FROM counted
)

SELECT coalesce(COLUMNS(*), 0)::BIGINT FROM summed
