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
    SELECT cause_partition, cause_offset, cause_index, cause_items, provider, verdict, received_at FROM report
    UNION ALL
    SELECT cause_partition, cause_offset, cause_index, cause_items, provider, verdict, received_at FROM inbound
    UNION ALL
    SELECT cause_partition, cause_offset, cause_index, cause_items, provider, verdict, received_at FROM signal
    UNION ALL
    SELECT
        cause_partition, cause_offset, cause_index, cause_items, provider, 'quarantined' AS verdict, received_at
    FROM dead_letter;
