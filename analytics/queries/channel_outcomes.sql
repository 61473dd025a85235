-- How attempts on some channels ended that were first heard of in the hours of [from, to): what another message on them may
-- hope for. Channel entries are counted.
-- facts: first
-- parameters: from, to, days_from, days_to, day_apart, sealed, accounts, channels
SELECT
    channel,
    provider,
    connection,
    country,
    coalesce(sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen')), 0)::BIGINT AS arrived,
    coalesce(sum(entry_count) FILTER (WHERE status IN ('delivered', 'seen') OR is_bad_end(status)), 0)::BIGINT AS ended
FROM (
-- include: cells hours=hour_delta days=day_count
)
WHERE
    list_contains($channels, channel)
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY channel, provider, connection, country
HAVING ended > 0
ORDER BY channel, provider, connection, country
