-- How long attempts that were first heard of in [first, until) stayed open, by how that ended: spared a fallback, called
-- for one, or still open as of now. Bucket b holds (1.04^(b-1), 1.04^b] ms.
-- facts: first
-- parameters: first, beyond, clock, successes, as_of, accounts, channels, provider, countries, campaigns
WITH
-- include: attempts_between

lasting AS (
    SELECT
        provider,
        channel,
        country,
        CASE
            WHEN ended_at < coalesce(succeeded_at, 'infinity')
                THEN CASE WHEN may_fall_back IS DISTINCT FROM false THEN 'called' ELSE 'spared' END
            WHEN succeeded_at IS NOT NULL THEN 'spared'
            ELSE 'open'
        END AS fate,
        least(succeeded_at, ended_at, $as_of::TIMESTAMP) AS until_at,
        started_at
    FROM attempt
    WHERE
        NOT is_cascade
        AND list_contains($channels, channel)
        AND ($provider IS NULL OR provider = $provider)
        AND ($countries IS NULL OR list_contains($countries, country))
        AND ($campaigns IS NULL OR is_of_campaign)
)

SELECT
    provider,
    channel,
    country,
    bucket_of(epoch_ms(until_at) - epoch_ms(started_at)) AS bucket,
    count_if(fate = 'spared') AS spared,
    count_if(fate = 'called') AS called,
    count_if(fate = 'open') AS still_open
FROM lasting
GROUP BY provider, channel, country, bucket
ORDER BY provider, channel, country, bucket
