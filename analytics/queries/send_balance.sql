-- What became of every send that was commanded. A step whose sends were taken under more than one of the providers' ids has
-- left twice.
WITH
asked AS (
    SELECT * FROM command
),

-- include: send

SELECT
    count(*) AS sends,
    count(*) FILTER (WHERE outcome = 'accepted') AS accepted,
    count(*) FILTER (WHERE outcome = 'refused') AS refused,
    count(*) FILTER (WHERE outcome = 'throttled') AS throttled,
    count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
    count(*) FILTER (WHERE outcome = 'in_doubt') AS in_doubt,
    count(*) FILTER (WHERE outcome = 'waiting') AS waiting,
    (
        SELECT count(*)
        FROM (SELECT message_id, step FROM send GROUP BY message_id, step HAVING sum(taken_count) > 1)
    ) AS double_sends
FROM send
