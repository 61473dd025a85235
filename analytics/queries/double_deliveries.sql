-- Messages that arrived by an earlier step although a later one was taken, as decided in a span of time, and what those
-- later sends cost, by currency; a price is the provider's, from its reports or from its answer to the send.
-- parameters: accounts, from, to
WITH
doubled AS (
    SELECT message_id, min(fact_step) AS arrived_step
    FROM decision
    WHERE
        decision = 'double_delivery'
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND decided_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
        AND decided_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
    GROUP BY message_id
),

asked AS (
    SELECT command.* FROM command JOIN doubled USING (message_id) WHERE step > arrived_step
),

-- include: send
,

reported AS (
    SELECT provider, connection, root_id, sum(price) AS price, any_value(currency) AS currency
    FROM (
        SELECT provider, connection, root_id, max(price) AS price, any_value(currency) AS currency
        FROM report SEMI JOIN send USING (provider, connection, root_id)
        WHERE price IS NOT NULL
        GROUP BY provider, connection, root_id, provider_message_id, part
    )
    GROUP BY provider, connection, root_id
),

priced AS (
    SELECT
        message_id,
        coalesce(reported.price, send.price) AS price,
        CASE WHEN reported.price IS NULL THEN send.currency ELSE reported.currency END AS currency
    FROM doubled
    LEFT JOIN (SELECT * FROM send WHERE outcome = 'accepted') AS send USING (message_id)
    LEFT JOIN reported USING (provider, connection, root_id)
)

SELECT
    currency,
    count(DISTINCT message_id) AS message_count,
    count(price) AS priced_count,
    sum(price) AS cost
FROM priced
GROUP BY currency
ORDER BY currency NULLS LAST
