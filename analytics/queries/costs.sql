-- What the attempts first heard of in [from, to) cost, by bucket, dimensions and currency; those of which nobody has told
-- a price have none. A price is that of the reports, the highest for each message or piece of it, else that of the answer
-- to the send. What a provider told of a whole cascade counts where it told of no channel.
-- parameters: from, to, days_from, days_to, day_apart, sealed, bucket, step_min, time_zone
-- parameters: group_by, by_channel, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH cell AS (
    SELECT
        *,
        CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n,
        NULL AS currency,
        false AS is_fallback,
        NULL AS cost
    FROM (
-- include: cells hours=hour_delta days=day_count
    )
    UNION ALL BY NAME
    SELECT
        *,
        CASE WHEN $by_channel THEN entry_count ELSE attempt_count END AS n,
        CASE WHEN $by_channel THEN entry_cost ELSE attempt_cost END AS cost
    FROM (
-- include: cells hours=price_delta days=day_price
    )
),

chosen AS (
    SELECT
-- include: place
        AS place,
        status,
        is_fallback,
        currency,
        cost,
        n
    FROM cell
    WHERE
        true
-- include: wanted
),

summed AS (
    SELECT
        place,
        currency,
        is_fallback,
        sum(n) AS sent,
        coalesce(sum(n) FILTER (WHERE status IN ('delivered', 'seen')), 0) AS delivered,
        CASE WHEN currency IS NOT NULL THEN sum(cost) END AS cost
    FROM chosen
    GROUP BY place, currency, is_fallback
    HAVING sum(n) <> 0 OR sum(cost) <> 0
)

SELECT
    unnest(place),
    currency,
    sum(sent)::BIGINT AS sent,
    sum(delivered)::BIGINT AS delivered,
    sum(cost) AS cost,
    coalesce(sum(sent) FILTER (WHERE is_fallback), 0)::BIGINT AS fallbacks,
    sum(cost) FILTER (WHERE is_fallback) AS fallback_cost
FROM summed
GROUP BY place, currency
ORDER BY place, currency NULLS LAST
