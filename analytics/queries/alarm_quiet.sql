-- When each connection last called back, and how long it is silent as a rule at this hour: at every probe of a day the time
-- since the callback before it, of each day the longest, of the days the one that nine in ten do not pass. What we asked
-- for is no callback.
-- parameters: from, to, probes, days
WITH said AS (
    SELECT account, provider, connection, received_at FROM report WHERE source = 'push'
    UNION ALL
    SELECT account, provider, connection, received_at FROM inbound
    UNION ALL
    SELECT account, provider, connection, received_at FROM signal
),

-- One row for each minute is enough: probes lie between minutes.
minute AS (
    SELECT provider, connection, max(account) AS account, max(received_at) AS last_at
    FROM said
    WHERE received_at >= $from::TIMESTAMP AND received_at <= $to::TIMESTAMP
    GROUP BY provider, connection, date_trunc('minute', received_at)
),

line AS (
    SELECT provider, connection, max(account) AS account, min(last_at) AS first_at, max(last_at) AS last_at
    FROM minute
    GROUP BY provider, connection
),

probe AS (
    SELECT provider, connection, probed_at, day
    FROM line, (SELECT unnest($probes::TIMESTAMP[]) AS probed_at, unnest($days::INTEGER[]) AS day)
    WHERE probed_at >= first_at
),

longest AS (
    SELECT probe.provider, probe.connection, day, max(epoch(probed_at - minute.last_at)) AS silent_s
    FROM probe ASOF JOIN minute
        ON probe.provider = minute.provider
        AND probe.connection = minute.connection
        AND probe.probed_at >= minute.last_at
    GROUP BY probe.provider, probe.connection, day
)

SELECT
    line.account,
    line.provider,
    line.connection,
    line.last_at,
    count(day) AS day_count,
    quantile_disc(silent_s, 0.9) AS usual_s
FROM line LEFT JOIN longest USING (provider, connection)
GROUP BY line.account, line.provider, line.connection, line.last_at
ORDER BY line.provider, line.connection
