-- What `lives.sql` has made goes into the store as the sink would have put it there, each record at a place of its own on its
-- topic: $updates, $callbacks and so on are how many records each topic has had. Each callback tells of one thing.
CREATE OR REPLACE TEMP MACRO partition_at(place) AS place % 12;

CREATE OR REPLACE TEMP MACRO offset_at(place) AS place // 12;

INSERT INTO report BY NAME
SELECT
    * REPLACE (
        partition_at($updates + rowid) AS kafka_partition,
        offset_at($updates + rowid) AS kafka_offset,
        partition_at($callbacks + rowid) AS cause_partition,
        offset_at($callbacks + rowid) AS cause_offset,
        tick_of(attempt_id) AS first_tick
    ),
    $batch_id AS batch_id
FROM told
ORDER BY rowid;

INSERT INTO callback BY NAME
SELECT
    partition_at($callbacks + rowid) AS kafka_partition,
    offset_at($callbacks + rowid) AS kafka_offset,
    received_at,
    provider,
    connection,
    700 AS size,
    $batch_id AS batch_id
FROM told
ORDER BY rowid;

INSERT INTO registration BY NAME
SELECT
    partition_at($updates + rowid) AS kafka_partition,
    offset_at($updates + rowid) AS kafka_offset,
    attempt_id,
    message_id,
    provider,
    connection,
    account,
    root_id,
    send_id AS external_id,
    channel,
    country,
    campaign,
    sender,
    recipient_hash,
    'unknown' AS attempt_status,
    false AS is_conflict,
    sent_at AS registered_at,
    sent_at,
    0 AS released_applied_count,
    0 AS released_outranked_count,
    tick_of(attempt_id) AS first_tick,
    $batch_id AS batch_id
FROM planned
ORDER BY rowid;

INSERT INTO plan BY NAME
SELECT
    partition_at($messages + rowid) AS kafka_partition,
    offset_at($messages + rowid) AS kafka_offset,
    'planned' AS told,
    message_id,
    account,
    asked_at AS told_at,
    recipient_hash,
    campaign,
    'order-' || number AS external_id,
    'usual' AS policy,
    1 AS version,
    'hold' AS in_doubt,
    list_transform(
        [channel, 'sms'],
        lambda one: {
            'channel': one,
            'provider': provider,
            'connection': connection,
            'sender': sender,
            'wait_s': 60,
            'succeed_on': 'delivered',
            'validity_s': NULL::BIGINT,
            'provider_cascades': false,
            'is_session': false
        }
    ) AS steps,
    true AS respects_opt_out,
    $batch_id AS batch_id
FROM asked
ORDER BY rowid;

INSERT INTO command BY NAME
SELECT
    partition_at($commands + rowid) AS kafka_partition,
    offset_at($commands + rowid) AS kafka_offset,
    'commanded' AS told,
    sent_at - INTERVAL 20 MILLISECOND AS told_at,
    message_id,
    step,
    send_id,
    account,
    provider,
    connection,
    channel,
    sender,
    recipient_hash,
    campaign,
    false AS is_session,
    'hold' AS in_doubt,
    $batch_id AS batch_id
FROM planned
ORDER BY rowid;

INSERT INTO outcome BY NAME
SELECT
    partition_at($outcomes + rowid) AS kafka_partition,
    offset_at($outcomes + rowid) AS kafka_offset,
    message_id,
    account,
    step,
    send_id,
    'accepted' AS outcome,
    provider,
    connection,
    sent_at AS told_at,
    root_id,
    1 AS parts_count,
    $batch_id AS batch_id
FROM planned
ORDER BY rowid;

INSERT INTO decision BY NAME
SELECT
    partition_at($decisions + rowid) AS kafka_partition,
    offset_at($decisions + rowid) AS kafka_offset,
    message_id,
    account,
    'send' AS decision,
    CASE step WHEN 0 THEN 'first_step' ELSE 'no_success_in_time' END AS because,
    sent_at - INTERVAL 30 MILLISECOND AS decided_at,
    step,
    channel,
    'usual' AS policy,
    1 AS version,
    send_id,
    CASE step WHEN 1 THEN 0 END AS fact_step,
    CASE step WHEN 1 THEN 'viber' END AS fact_channel,
    $batch_id AS batch_id
FROM planned
ORDER BY rowid;

INSERT INTO inbound BY NAME
SELECT
    partition_at($inbound + rowid) AS kafka_partition,
    offset_at($inbound + rowid) AS kafka_offset,
    partition_at($callbacks + rowid) AS cause_partition,
    offset_at($callbacks + rowid) AS cause_offset,
    0 AS cause_index,
    1 AS cause_items,
    uuid() AS event_id,
    'applied' AS verdict,
    provider,
    connection,
    account,
    channel,
    country,
    'text' AS kind,
    'r' || number AS provider_message_id,
    CASE WHEN number % 2 = 0 THEN root_id END AS reply_to,
    name_hash(reply_to) AS reply_to_number,
    recipient_hash AS author_hash,
    sender AS addressee,
    replied_at AS occurred_at,
    replied_at AS received_at,
    'Thank you' AS text,
    $batch_id AS batch_id
FROM reply
ORDER BY rowid;

INSERT INTO callback BY NAME
SELECT
    partition_at($callbacks + rowid) AS kafka_partition,
    offset_at($callbacks + rowid) AS kafka_offset,
    replied_at AS received_at,
    provider,
    connection,
    300 AS size,
    $batch_id AS batch_id
FROM reply
ORDER BY rowid;

INSERT INTO session_word BY NAME
SELECT
    partition_at($sessions + rowid) AS kafka_partition,
    offset_at($sessions + rowid) AS kafka_offset,
    told,
    told_at,
    account,
    provider,
    connection,
    sender,
    recipient_hash,
    'viber' AS rules,
    format('{:012x}-{}', epoch_ms(opened_at), number) AS session_id,
    false AS is_void,
    opened_at,
    opened_at AS started_at,
    opened_at + INTERVAL 24 HOUR AS ends_at,
    CASE told WHEN 'closed' THEN told_at END AS closed_at,
    CASE told WHEN 'closed' THEN 'time' END AS closed_by,
    3 AS business_count,
    1 AS user_count,
    told = 'closed' AS is_billed,
    CASE told WHEN 'closed' THEN 0.02 END AS cost,
    CASE told WHEN 'closed' THEN 'EUR' END AS currency,
    $batch_id AS batch_id
FROM word
ORDER BY rowid
