-- The order of the statuses, as contracts/status.py has it (a test compares).
CREATE MACRO rank_of(word) AS
    list_position(
        ['unknown', 'accepted', 'queued', 'sent', 'undelivered', 'expired', 'rejected', 'failed', 'delivered', 'seen'],
        word
    ) - 1;

CREATE MACRO status_at(place) AS
    (['unknown', 'accepted', 'queued', 'sent', 'undelivered', 'expired', 'rejected', 'failed', 'delivered', 'seen'])
    [place + 1];

CREATE MACRO is_bad_end(word) AS word IN ('undelivered', 'expired', 'rejected', 'failed');

-- An attempt stands at the status that it entered once more often than it left it. Summed over its records in any
-- order, each status counts in a base-16 digit of its own: +1 for entering, -1 for leaving.
CREATE MACRO move(entered, departed) AS
    (1::BIGINT << (4 * rank_of(entered))) - coalesce(1::BIGINT << (4 * rank_of(departed)), 0);

-- 0x8888888888 lifts every digit by 8, so that it can be read without its sign: above 8 means entered more than left.
CREATE MACRO digit_at(moves, place) AS ((moves::BIGINT + 586406201480) >> (4 * place)) & 15;

CREATE MACRO standing(moves) AS
    CASE
        WHEN digit_at(moves, 9) > 8 THEN 'seen'
        WHEN digit_at(moves, 8) > 8 THEN 'delivered'
        WHEN digit_at(moves, 7) > 8 THEN 'failed'
        WHEN digit_at(moves, 6) > 8 THEN 'rejected'
        WHEN digit_at(moves, 5) > 8 THEN 'expired'
        WHEN digit_at(moves, 4) > 8 THEN 'undelivered'
        WHEN digit_at(moves, 3) > 8 THEN 'sent'
        WHEN digit_at(moves, 2) > 8 THEN 'queued'
        WHEN digit_at(moves, 1) > 8 THEN 'accepted'
        ELSE 'unknown'
    END;

-- The channel entry of a cascade that a report is about; null for the whole attempt and for pieces of a long text.
CREATE MACRO leg_of(root_id, provider_message_id, part) AS
    CASE WHEN part IS NULL AND provider_message_id <> root_id THEN provider_message_id END;

-- When an attempt was first heard of: its id begins with that time.
CREATE MACRO first_heard(attempt_id) AS uuid_extract_timestamp(attempt_id) AT TIME ZONE 'UTC';

-- A histogram whose buckets grow by 4 %: the middle of a bucket is within 2 % of everything in it.
CREATE MACRO bucket_of(latency_ms) AS ceil(ln(greatest(latency_ms, 1)) / ln(1.04))::SMALLINT;

CREATE MACRO middle_of(bucket) AS round(2 * pow(1.04, bucket) / 2.04)::BIGINT;

-- Event time, unless it is missing, over an hour ahead of our clock, or over a week behind it.
CREATE MACRO is_credible(occurred_at, received_at) AS
    coalesce(
        occurred_at BETWEEN received_at - INTERVAL 7 DAY AND received_at + INTERVAL 1 HOUR,
        false
    );

CREATE MACRO bucket_time(occurred_at, received_at) AS
    CASE WHEN is_credible(occurred_at, received_at) THEN occurred_at ELSE received_at END;

CREATE MACRO time_source(occurred_at, received_at) AS
    CASE WHEN is_credible(occurred_at, received_at) THEN 'occurred' ELSE 'received' END;

-- Facts as analysts want them: with the time that buckets go by, and which clock it is.
CREATE VIEW report_fact AS
    SELECT
        *,
        bucket_time(occurred_at, received_at) AS bucket_at,
        time_source(occurred_at, received_at) AS time_source
    FROM report;

-- All that explains an item of a callback.
CREATE VIEW item AS
    SELECT cause_partition, cause_offset, cause_index, cause_items, verdict FROM report
    UNION ALL
    SELECT cause_partition, cause_offset, cause_index, cause_items, verdict FROM inbound
    UNION ALL
    SELECT cause_partition, cause_offset, cause_index, cause_items, verdict FROM signal
    UNION ALL
    SELECT cause_partition, cause_offset, cause_index, cause_items, 'quarantined' AS verdict FROM dead_letter;

-- Every callback that is not settled, and how far it is explained. One whose items are not known yet counts as one item.
CREATE VIEW open_callback AS
    WITH settled AS (
        SELECT kafka_partition, max(below) AS below FROM settled_place GROUP BY kafka_partition
    ),

    fate AS (
        SELECT
            cause_partition,
            cause_offset,
            cause_index,
            max(cause_items) AS items,
            count(*) AS explanations,
            count_if(verdict = 'applied') AS applied,
            count_if(verdict = 'repeated') AS repeated,
            count_if(verdict = 'outranked') AS outranked,
            count_if(verdict = 'parked') AS parked,
            count_if(verdict = 'quarantined') AS quarantined
        FROM item LEFT JOIN settled ON settled.kafka_partition = item.cause_partition
        WHERE cause_offset >= coalesce(below, 0)
        GROUP BY cause_partition, cause_offset, cause_index
    ),

    explained AS (
        SELECT
            cause_partition AS kafka_partition,
            cause_offset AS kafka_offset,
            max(items) AS items,
            count(*) AS indexes,
            sum(explanations) AS explanations,
            sum(applied) AS applied,
            sum(repeated) AS repeated,
            sum(outranked) AS outranked,
            sum(parked) AS parked,
            sum(quarantined) AS quarantined
        FROM fate
        GROUP BY cause_partition, cause_offset
    )

    SELECT
        callback.kafka_partition,
        callback.kafka_offset,
        callback.provider,
        callback.connection,
        callback.received_at,
        coalesce(items, 1) AS received,
        coalesce(applied, 0) AS applied,
        coalesce(repeated, 0) AS repeated,
        coalesce(outranked, 0) AS outranked,
        coalesce(parked, 0) AS parked,
        coalesce(quarantined, 0) AS quarantined,
        greatest(coalesce(items, 1) - coalesce(indexes, 0), 0) AS missing,
        coalesce(explanations - indexes, 0) AS surplus
    FROM callback
    LEFT JOIN explained USING (kafka_partition, kafka_offset)
    LEFT JOIN settled ON settled.kafka_partition = callback.kafka_partition
    WHERE callback.kafka_offset >= coalesce(below, 0);
