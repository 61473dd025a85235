-- Messages that arrived by an earlier send although a later one was taken, as decided in a span of time, and what those
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
    SELECT command.* FROM command JOIN doubled USING (message_id) WHERE step >= arrived_step
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

-- What was taken behind the one that arrived: of the same step, every try but the first.
later AS (
    SELECT send.*
    FROM send JOIN doubled USING (message_id)
    WHERE outcome = 'accepted'
    QUALIFY step > arrived_step OR row_number() OVER (PARTITION BY message_id, step ORDER BY send_id) > 1
),

priced AS (
    SELECT
        message_id,
        coalesce(reported.price, later.price) AS price,
        CASE WHEN reported.price IS NULL THEN later.currency ELSE reported.currency END AS currency
    FROM doubled
    LEFT JOIN later USING (message_id)
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
