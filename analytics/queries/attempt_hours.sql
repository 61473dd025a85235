-- In which hours of [from, to) attempts were first heard of that are wanted, the newest first, and how many in each.
-- parameters: from, to
-- parameters: accounts, account, provider, connection, channel, country, campaign, sender, status, reason
SELECT hour_at, sum(attempt_count)::BIGINT AS attempt_count
FROM hour_delta
WHERE
    hour_at >= $from AND hour_at < $to
-- include: wanted
GROUP BY hour_at
HAVING sum(attempt_count) > 0
ORDER BY hour_at DESC
