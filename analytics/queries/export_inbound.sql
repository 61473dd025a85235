-- What people wrote that was received in [first, beyond), which are told as ids of that time: those messages that stand
-- at the places [since, until) of each partition of `inbound`, but for repeats. A null since leaves that bound out.
-- parameters: first, beyond, from, to, since, until, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH said AS (
    SELECT
        *,
        addressee AS sender,
        NULL::VARCHAR AS campaign,
        NULL::VARCHAR AS status,
        NULL::VARCHAR AS reason
    FROM inbound
    WHERE
        received_at >= make_timestamp_ms(('0x' || left($first, 12))::BIGINT)
        AND received_at < make_timestamp_ms(('0x' || left($beyond, 12))::BIGINT)
        AND coalesce(kafka_offset >= $since[kafka_partition + 1], true)
        AND kafka_offset < $until[kafka_partition + 1]
        AND ($from IS NULL OR received_at >= $from::TIMESTAMP)
        AND ($to IS NULL OR received_at < $to::TIMESTAMP)
        AND verdict = 'applied'
)

SELECT
    replace(event_id::VARCHAR, '-', '') AS event_id,
    account,
    provider,
    connection,
    channel,
    country,
    kind,
    provider_message_id,
    reply_to,
    external_id,
    tracking,
    part,
    format('{:016x}', author_hash) AS author_hash,
    addressee,
    text,
    media_url,
    occurred_at,
    received_at,
    cause_partition,
    cause_offset,
    cause_index,
    kafka_partition,
    kafka_offset
FROM said
WHERE
    true
-- include: wanted
ORDER BY received_at, kafka_partition, kafka_offset
