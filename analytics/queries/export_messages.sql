-- Where each attempt stands that was first heard of in [first, beyond), by what stands below `until` in each partition of
-- `updates`. With a since, only attempts of which something stands at or behind it; one that fitted the filters by what
-- stands before it, and does not any more, comes with is_match false.
-- parameters: first, beyond, from, to, since, until, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH record AS (
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, provider_message_id, part, external_id,
        leg_of(root_id, provider_message_id, part) AS leg, scope, channel, country, operator, campaign, sender, recipient_hash,
        attempt_status, previous_status, is_conflict, sent_at, delivered_at, latency_ms, received_at, price, currency,
        verdict = 'repeated' AS is_repeated,
        CASE WHEN is_bad_end(status) THEN rank_of(status) || reason END AS reason_claim,
        'report' AS told,
        kafka_partition, kafka_offset
    FROM report
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL BY NAME
    SELECT
        attempt_id, message_id, account, provider, connection, root_id, external_id, channel, country, campaign, sender,
        recipient_hash, attempt_status, previous_status, is_conflict, sent_at, delivered_at, latency_ms,
        registered_at AS received_at,
        'registration' AS told,
        kafka_partition, kafka_offset
    FROM registration
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL BY NAME
    SELECT attempt_id, message_id, 'unclaimed' AS told, kafka_partition, kafka_offset
    FROM unclaimed
    WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

evidence AS (
    SELECT *, coalesce(kafka_offset < $since[kafka_partition + 1], false) AS is_known
    FROM record
    WHERE
        kafka_offset < $until[kafka_partition + 1]
        AND ($from IS NULL OR first_heard(attempt_id) >= $from::TIMESTAMP)
        AND ($to IS NULL OR first_heard(attempt_id) < $to::TIMESTAMP)
),

-- Each attempt that has changed, as it stands now and as it stood.
side AS (
    SELECT *, true AS is_now
    FROM evidence
    WHERE $since IS NULL OR attempt_id IN (SELECT attempt_id FROM evidence WHERE NOT is_known)
    UNION ALL
    SELECT *, false AS is_now
    FROM evidence
    WHERE is_known AND attempt_id IN (SELECT attempt_id FROM evidence WHERE NOT is_known)
),

-- As `costs` has it: a price may be told with several reports about the same piece, and what a provider told of a whole
-- cascade counts where it told of no channel.
told_piece AS (
    SELECT
        is_now,
        attempt_id,
        bool_and(scope = 'transaction') AS is_whole,
        arg_max(price, price_order(price, currency)) AS price,
        arg_max(currency, price_order(price, currency)) AS currency
    FROM side
    WHERE is_now AND price IS NOT NULL AND currency IS NOT NULL
    GROUP BY is_now, attempt_id, provider_message_id, part
),

piece AS (
    SELECT *
    FROM told_piece
    QUALIFY NOT is_whole OR bool_and(is_whole) OVER (PARTITION BY attempt_id)
),

cost AS (
    SELECT
        is_now,
        attempt_id,
        CASE WHEN min(currency) = max(currency) THEN sum(price)::DECIMAL(18, 6) END AS price,
        CASE WHEN min(currency) = max(currency) THEN min(currency) END AS currency
    FROM piece
    GROUP BY is_now, attempt_id
),

gathered AS (
    SELECT
        is_now,
-- include: attempt_sums
        ,
        max(operator) AS operator,
        max(recipient_hash) AS recipient_hash,
        max(received_at) AS last_heard_at,
        count_if(told = 'report') AS report_count,
        count_if(coalesce(is_repeated, false)) AS repeated_count
    FROM side
    GROUP BY is_now, attempt_id
    HAVING max(account) IS NOT NULL
),

attempt AS (
    SELECT
        * EXCLUDE (reason_claim),
        reason_at(status, reason_claim) AS reason
    FROM gathered
),

fitting AS (
    SELECT is_now, attempt_id
    FROM attempt
    WHERE
        true
-- include: wanted
)

SELECT
    attempt_id::VARCHAR AS attempt_id,
    message_id::VARCHAR AS message_id,
    account,
    provider,
    connection,
    root_id,
    external_id,
    channel,
    country,
    operator,
    campaign,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    status,
    reason,
    is_conflict,
    is_registered,
    first_heard(attempt_id) AS first_heard_at,
    last_heard_at,
    sent_at,
    delivered_at,
    latency_ms,
    report_count,
    repeated_count,
    price,
    currency,
    attempt_id IN (SELECT fitting.attempt_id FROM fitting WHERE fitting.is_now) AS is_match
FROM attempt
LEFT JOIN cost USING (is_now, attempt_id)
WHERE is_now AND attempt_id IN (SELECT fitting.attempt_id FROM fitting)
ORDER BY attempt_id
