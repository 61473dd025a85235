-- What a plan would have done with the messages that began in [first, until) on a channel, against what was: of each
-- message only its first attempt is replayed, and the rest of what was sent for it is what really happened. The first row
-- is the whole, the others are provider, connection and country.
-- facts: first
-- parameters: first, until, beyond, clock, successes, as_of, wait_ms, accounts, channel, provider, connection
-- parameters: countries, campaigns, next_channel, next_provider, next_connection
WITH
-- include: attempts_between

-- Messages of which more than the first attempt is known; most have no other.
sent_again AS (
    SELECT message_id, min(attempt_id) AS first_id
    FROM attempt
    GROUP BY message_id
    HAVING count(*) > 1
),

begin AS (
    SELECT attempt.* RENAME (delivered_at AS arrived_at)
    FROM attempt LEFT JOIN sent_again USING (message_id)
    WHERE
        attempt_id = coalesce(first_id, attempt_id)
        AND attempt_id < $until::UUID
        AND channel = $channel
        AND ($provider IS NULL OR provider = $provider)
        AND ($connection IS NULL OR connection = $connection)
        AND ($countries IS NULL OR list_contains($countries, country))
        AND ($campaigns IS NULL OR is_of_campaign)
),

-- What was really sent after that.
other AS (
    SELECT message_id, count(*) AS really_count, min(delivered_at) AS really_arrived_at
    FROM attempt JOIN sent_again USING (message_id)
    WHERE attempt_id <> first_id
    GROUP BY message_id
),

next_attempt AS (
    SELECT country, delivered_at - started_at AS took
    FROM attempt
    WHERE
        channel = $next_channel
        AND ($next_provider IS NULL OR provider = $next_provider)
        AND ($next_connection IS NULL OR connection = $next_connection)
        AND delivered_at >= started_at
),

usual AS (SELECT country, median(took) AS took FROM next_attempt GROUP BY country),

anywhere AS (SELECT median(took) AS usually_took FROM next_attempt),

judged AS (
    SELECT
        begin.*,
        started_at + to_milliseconds($wait_ms) AS wait_over_at,
        CASE
            WHEN is_cascade THEN 'silent'
            WHEN ended_at < coalesce(succeeded_at, 'infinity') AND ended_at <= wait_over_at
                THEN CASE WHEN may_fall_back IS DISTINCT FROM false THEN 'ended_badly' ELSE 'no_other_way' END
            WHEN succeeded_at <= wait_over_at THEN 'succeeded'
            WHEN wait_over_at <= $as_of::TIMESTAMP THEN 'waited_out'
            ELSE 'undecided'
        END AS fate,
        CASE fate WHEN 'ended_badly' THEN ended_at WHEN 'waited_out' THEN wait_over_at END AS fallback_at,
        fallback_at + coalesce(usual.took, usually_took) AS fallback_arrives_at,
        coalesce(really_count, 0) AS really_count,
        really_arrived_at,
        least(arrived_at, really_arrived_at) AS in_truth_at,
        CASE
            WHEN in_truth_at IS NOT NULL AND fallback_arrives_at IS NOT NULL
                THEN epoch_ms(in_truth_at) - epoch_ms(least(arrived_at, fallback_arrives_at))
        END AS gained_ms
    FROM begin
    CROSS JOIN anywhere
    LEFT JOIN other ON other.message_id = begin.message_id
    LEFT JOIN usual ON usual.country IS NOT DISTINCT FROM begin.country
)

SELECT
    provider,
    connection,
    country,
    grouping(provider) = 1 AS is_whole,
    count(*) AS messages,
    count(*) FILTER (WHERE fate = 'succeeded') AS succeeded,
    count(*) FILTER (WHERE fate = 'ended_badly') AS ended_badly,
    count(*) FILTER (WHERE fate = 'waited_out') AS waited_out,
    count(*) FILTER (WHERE fate = 'no_other_way') AS no_other_way,
    count(*) FILTER (WHERE fate = 'silent') AS silent,
    count(*) FILTER (WHERE fate = 'undecided') AS undecided,
    count(*) FILTER (WHERE fate = 'ended_badly' AND may_fall_back IS NULL) AS of_unknown_kind,
    count(*) FILTER (WHERE fallback_at IS NOT NULL AND arrived_at IS NULL) AS needed,
    count(*) FILTER (WHERE fallback_at IS NOT NULL AND arrived_at IS NOT NULL) AS needless,
    count(*) FILTER (WHERE fallback_at IS NULL AND fate IN ('succeeded', 'no_other_way') AND arrived_at IS NULL)
        AS left_without,
    coalesce(sum(really_count), 0)::BIGINT AS really_sent,
    count(*) FILTER (WHERE really_count > 0 AND really_arrived_at IS NOT NULL AND arrived_at IS NULL) AS really_won,
    count(*) FILTER (WHERE really_arrived_at IS NOT NULL AND arrived_at IS NOT NULL) AS really_double,
    count(gained_ms) AS gained_count,
    quantile_cont(gained_ms, 0.5) AS gained_p50_ms,
    quantile_cont(gained_ms, 0.9) AS gained_p90_ms
FROM judged
GROUP BY GROUPING SETS ((), (provider, connection, country))
ORDER BY is_whole DESC, provider, connection, country
