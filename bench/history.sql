-- A made-up week of $messages Viber messages, of which some arrive late, some end badly and some are silent; for those
-- that had not arrived after a minute an SMS was really sent. Straight into the store: how it is fed is measured elsewhere.
SELECT setseed(0.42);

CREATE TEMP TABLE life AS
SELECT
    number,
    CASE WHEN number % 2 = 0 THEN 'infobip' ELSE 'telesign' END AS provider,
    (['GB', 'US', 'DE', 'GR'])[1 + (number // 2) % 4] AS country,
    TIMESTAMP '2026-11-01' + to_milliseconds((number * 604800000::BIGINT) // $messages) AS sent_at,
    random() AS fate,
    random() AS pace,
    random() AS sms
FROM range($messages) AS made (number);

CREATE TEMP TABLE viber AS
SELECT
    *,
    'v' || number AS root_id,
    'viber' AS channel,
    CASE WHEN fate < 0.82 THEN 'delivered' WHEN fate < 0.92 THEN 'undelivered' WHEN fate < 0.96 THEN 'expired' END AS said,
    CASE
        WHEN fate < 0.75 THEN 1000 - ln(1 - pace) * CASE provider WHEN 'infobip' THEN 4000 ELSE 9000 END
        WHEN fate < 0.82 THEN 60000 + pace * 7200000
        WHEN fate < 0.92 THEN 2000 + pace * 8000
        ELSE 3600000
    END::BIGINT AS took_ms,
    0.0123 AS price,
    -- Version 7: the time, and a digest.
    format('{:012x}7{}8{}', epoch_ms(sent_at), md5('v' || number)[1:3], md5('v' || number)[4:18])::UUID AS attempt_id,
    attempt_id AS message_id
FROM life;

CREATE TEMP TABLE sms AS
SELECT
    * EXCLUDE (root_id, channel, said, took_ms, price, attempt_id, sent_at, provider),
    sent_at + INTERVAL 61 SECOND AS sent_at,
    'telesign' AS provider,
    's' || number AS root_id,
    'sms' AS channel,
    CASE WHEN sms < 0.93 THEN 'delivered' ELSE 'undelivered' END AS said,
    (2000 + pace * 8000)::BIGINT AS took_ms,
    0.05 AS price,
    format('{:012x}7{}8{}', epoch_ms(sent_at + INTERVAL 61 SECOND), md5(root_id)[1:3], md5(root_id)[4:18])::UUID AS attempt_id
FROM viber
WHERE fate >= 0.75;

CREATE TEMP TABLE told AS
SELECT *, status AS attempt_status
FROM (
    SELECT *, unnest(['accepted', 'sent', said]) AS status, unnest([NULL, 'accepted', 'sent']) AS previous_status
    FROM (FROM viber UNION ALL BY NAME FROM sms)
)
WHERE status IS NOT NULL;

INSERT INTO report BY NAME
SELECT
    0 AS kafka_partition,
    row_number() OVER () AS kafka_offset,
    0 AS cause_partition,
    kafka_offset AS cause_offset,
    0 AS cause_index,
    1 AS cause_items,
    uuid() AS event_id,
    attempt_id,
    message_id,
    provider,
    'main' AS connection,
    'default' AS account,
    root_id,
    root_id AS provider_message_id,
    'channel' AS scope,
    channel,
    country,
    'campaign-' || number % 20 AS campaign,
    'ExampleShop' AS sender,
    'applied' AS verdict,
    status,
    attempt_status,
    previous_status,
    status AS provider_code,
    is_bad_end(status) AS may_fall_back,
    sent_at,
    sent_at + to_milliseconds(CASE status WHEN 'accepted' THEN 50 WHEN 'sent' THEN 100 ELSE took_ms END) AS received_at,
    received_at AS occurred_at,
    CASE status WHEN 'delivered' THEN received_at END AS delivered_at,
    CASE WHEN status = said THEN price END AS price,
    CASE WHEN status = said THEN 'EUR' END AS currency,
    1 AS batch_id
FROM told
ORDER BY received_at;

INSERT INTO hour_delta BY NAME
SELECT
    date_trunc('hour', sent_at) AS hour_at,
    'default' AS account,
    provider,
    'main' AS connection,
    channel,
    country,
    'campaign-' || number % 20 AS campaign,
    'ExampleShop' AS sender,
    coalesce(said, 'sent') AS status,
    count(*) AS attempt_count,
    count(*) AS entry_count,
    0 AS repeated_count,
    1 AS batch_id
FROM (FROM viber UNION ALL BY NAME FROM sms)
GROUP BY ALL;

CHECKPOINT
