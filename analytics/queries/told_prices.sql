-- What providers said that messages on some channels cost, of attempts first heard of in [first, until). A price that is
-- told with several reports of one attempt weighs as often; it is the mean that counts.
-- facts: first
-- parameters: first, until, accounts, channels
SELECT
    channel,
    provider,
    connection,
    country,
    currency,
    count(*) AS told_count,
    sum(price) AS told_sum
FROM report
WHERE
    attempt_id >= $first::UUID AND attempt_id < $until::UUID
    AND price IS NOT NULL AND currency IS NOT NULL
    AND verdict <> 'repeated'
    AND list_contains($channels, channel)
    AND ($accounts IS NULL OR list_contains($accounts, account))
GROUP BY channel, provider, connection, country, currency
ORDER BY channel, provider, connection, country, currency
