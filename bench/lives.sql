-- Made-up messages, $count of them from the one numbered $first on, which left from $begin on with $every_us between two;
-- and in `told`, as the store has them, the reports about them that were received before $until. What comes later waits in
-- `later` for its turn. Nothing is drawn: whoever asks for the same gets the same.
-- Hashed twice, for what DuckDB makes of two values at once is much the same for one number, whatever it is drawn for.
CREATE OR REPLACE TEMP MACRO chance(number, of_what) AS hash(hash(number, of_what)) / 18446744073709551616::DOUBLE;

-- Version 7: the time, and a digest.
CREATE OR REPLACE TEMP MACRO id_at(moment, name) AS
    format('{:012x}7{}8{}', epoch_ms(moment), md5(name)[1:3], md5(name)[4:18])::UUID;

-- Few campaigns have most of the messages; each goes by one way for a week. One message in twenty has a plan, which sends
-- an SMS where Viber did not arrive within a minute.
CREATE OR REPLACE TEMP TABLE message AS
WITH drawn AS (
    SELECT
        number,
        $begin::TIMESTAMP + to_microseconds((number - $first::BIGINT) * $every_us::BIGINT) AS asked_at,
        (36 * chance(number, 'campaign') ** 2)::INTEGER % 36 AS campaign_number,
        (40 * chance(number, 'country'))::INTEGER % 20 + 1 AS country_number,
        (3 * chance(number, 'operator'))::INTEGER % 3 + 1 AS operator_number,
        hash(number % 3_000_017, 'person') AS recipient_hash,
        chance(number, 'plan') < 0.05 AS is_planned
    FROM range($first::BIGINT, $first::BIGINT + $count::BIGINT) AS made (number)
)

SELECT
    *,
    epoch(asked_at)::BIGINT // 604800 AS week,
    (['default', 'shop', 'bank'])[1 + campaign_number % 3] AS account,
    (['main', 'shop', 'bank'])[1 + campaign_number % 3] AS connection,
    (['ExampleNews', 'ExampleShop', 'ExampleBank'])[1 + campaign_number % 3] AS sender,
    format('{}-{}-{}', account, week, campaign_number) AS campaign,
    CASE WHEN campaign_number % 5 < 2 THEN 'sms' ELSE 'viber' END AS channel,
    (['infobip', 'telesign', 'routee', 'decisiontelecom'])[1 + (hash(campaign) % 4)::INTEGER] AS provider,
    ([
        'GR', 'GR', 'GR', 'GR', 'GR', 'GR', 'GR', 'GR', 'GB', 'GB', 'GB', 'CY', 'CY', 'DE', 'DE', 'RO', 'RO', 'BG', 'US', 'FR'
    ])[country_number] AS country,
    format('{}{:02d}', 200 + hash(country) % 150, operator_number) AS operator,
    id_at(asked_at, 'm' || number) AS own_id
FROM drawn;

CREATE OR REPLACE TEMP TABLE attempt AS
WITH sent AS (
    SELECT
        *,
        0 AS step,
        asked_at + INTERVAL 40 MILLISECOND AS sent_at,
        'v' || number AS root_id,
        chance(number, 'fate') AS fate,
        chance(number, 'pace') AS pace,
        CASE
            WHEN channel = 'viber' AND fate < 0.70 THEN 1000 - ln(1 - pace) * (2000 + 1500 * (hash(provider) % 4))
            WHEN channel = 'viber' AND fate < 0.78 THEN 60000 + pace * 7200000
            WHEN channel = 'sms' AND fate < 0.93 THEN 2000 - ln(1 - pace) * (3000 + 2000 * (hash(provider, country) % 4))
            WHEN fate < 0.95 THEN 2000 + pace * 8000
            ELSE 3600000
        END::BIGINT AS took_ms,
        CASE
            WHEN fate < CASE channel WHEN 'viber' THEN 0.78 ELSE 0.93 END THEN 'delivered'
            WHEN fate < 0.94 THEN 'undelivered'
            WHEN fate < 0.95 THEN 'rejected'
            WHEN fate < 0.98 THEN 'expired'
        END AS said
    FROM message
),

-- Those of a plan that did not arrive in time.
sent_again AS (
    SELECT * REPLACE (
        1 AS step,
        'sms' AS channel,
        's' || number AS root_id,
        sent_at + to_milliseconds(least(took_ms, 60000)) + INTERVAL 50 MILLISECOND AS sent_at,
        (2000 - ln(1 - pace) * 3000)::BIGINT AS took_ms,
        CASE WHEN chance(number, 'sms') < 0.93 THEN 'delivered' ELSE 'undelivered' END AS said
    )
    FROM sent
    WHERE is_planned AND channel = 'viber' AND (took_ms > 60000 OR said <> 'delivered')
)

SELECT
    * EXCLUDE (own_id, fate, pace),
    id_at(sent_at, root_id) AS attempt_id,
    CASE WHEN is_planned THEN own_id ELSE attempt_id END AS message_id,
    own_id || '-' || step || '-0' AS send_id,
    said = 'delivered' AND channel = 'viber' AND chance(number, 'seen') < 0.7 AS is_seen,
    said IS NOT NULL AND chance(root_id, 'repeat') < 0.005 AS is_repeated,
    (1000 - ln(1 - chance(number, 'read')) * 600000)::BIGINT AS read_ms,
    CASE channel WHEN 'viber' THEN 0.0123 ELSE 0.0312 END::DECIMAL(18, 6) AS full_price
FROM (FROM sent UNION ALL BY NAME FROM sent_again);

CREATE TEMP TABLE IF NOT EXISTS later AS SELECT * EXCLUDE (batch_id) FROM report LIMIT 0;

INSERT INTO later BY NAME
WITH stage AS (
    SELECT
        * EXCLUDE (stage),
        stage.*,
        sent_at + to_milliseconds(stage.after_ms) AS received_at,
        stage.status = said AND NOT stage.is_again AS is_end
    FROM (
        SELECT *, unnest([
            {'status': 'accepted', 'before': CASE WHEN is_planned THEN 'unknown' END, 'after_ms': 50, 'is_again': false},
            {'status': 'sent', 'before': 'accepted', 'after_ms': 150, 'is_again': false},
            {'status': said, 'before': 'sent', 'after_ms': took_ms, 'is_again': false},
            {'status': CASE WHEN is_seen THEN 'seen' END, 'before': 'delivered', 'after_ms': took_ms + read_ms, 'is_again': false},
            {'status': CASE WHEN is_repeated THEN said END, 'before': said, 'after_ms': took_ms + 900, 'is_again': true}
        ]) AS stage
        FROM attempt
    )
    WHERE stage.status IS NOT NULL
)

SELECT
    0 AS kafka_partition,
    0 AS kafka_offset,
    0 AS cause_partition,
    0 AS cause_offset,
    0 AS cause_index,
    1 AS cause_items,
    uuid() AS event_id,
    attempt_id,
    message_id,
    provider,
    connection,
    account,
    root_id,
    root_id AS provider_message_id,
    CASE WHEN is_planned THEN send_id ELSE 'order-' || number END AS external_id,
    'channel' AS scope,
    channel,
    country,
    operator,
    campaign,
    sender,
    recipient_hash,
    CASE WHEN is_again THEN 'repeated' ELSE 'applied' END AS verdict,
    status,
    status AS item_status,
    status AS attempt_status,
    before AS previous_status,
    false AS is_conflict,
    false AS is_new_conflict,
    (hash(status) % 1000)::VARCHAR AS provider_code,
    CASE status
        WHEN 'undelivered' THEN
            (['unknown_recipient', 'absent_recipient', 'unsupported_device', 'blocked_by_operator'])[1 + number % 4]
        WHEN 'expired' THEN 'timed_out'
        WHEN 'rejected' THEN 'content_refused'
    END AS reason,
    'The message is ' || status AS description,
    status IN ('undelivered', 'rejected') AS is_permanent,
    is_bad_end(status) AS may_fall_back,
    true AS is_known_code,
    received_at - INTERVAL 30 MILLISECOND AS occurred_at,
    received_at,
    sent_at,
    CASE WHEN status IN ('delivered', 'seen') THEN sent_at + to_milliseconds(took_ms) END AS delivered_at,
    CASE WHEN status = 'delivered' AND is_end THEN took_ms END AS latency_ms,
    CASE WHEN is_end THEN full_price END AS price,
    CASE WHEN is_end THEN 'EUR' END AS currency,
    'push' AS source
FROM stage;

-- From here on the number of a row is its place in the order of time.
CREATE OR REPLACE TEMP TABLE told AS FROM later WHERE received_at < $until::TIMESTAMP ORDER BY received_at;

DELETE FROM later WHERE received_at < $until::TIMESTAMP;

-- What is around them: plans, and the sends of them.
CREATE OR REPLACE TEMP TABLE asked AS SELECT *, own_id AS message_id FROM message WHERE is_planned ORDER BY number;

CREATE OR REPLACE TEMP TABLE planned AS FROM attempt WHERE is_planned ORDER BY sent_at;

-- One in a hundred who got a message answers it.
CREATE OR REPLACE TEMP TABLE reply AS
SELECT *, sent_at + to_milliseconds(took_ms) + INTERVAL 5 MINUTE AS replied_at
FROM attempt
WHERE said = 'delivered' AND chance(number, 'reply') < 0.01
ORDER BY replied_at;

-- Of a session, that it was opened a day ago, and that it is closed.
CREATE OR REPLACE TEMP TABLE word AS
SELECT *, sent_at - INTERVAL 24 HOUR AS opened_at, CASE told WHEN 'opened' THEN opened_at ELSE sent_at END AS told_at
FROM (SELECT *, unnest(['opened', 'closed']) AS told FROM attempt WHERE channel = 'viber' AND chance(number, 'talk') < 0.003)
ORDER BY told_at
