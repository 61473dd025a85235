-- The wish that stands of each person about each sender, the newest first: who must not be written to, and, with
-- `with_lifted`, who came back. A null leaves its filter out; before_* is the place of the last row that was told.
-- parameters: accounts, sender, recipient, with_lifted, limit, before_at, before_partition, before_offset
SELECT
    account,
    sender,
    format('{:016x}', recipient_hash) AS recipient_hash,
    kind,
    reason,
    since,
    keyword,
    language,
    provider,
    connection,
    channel,
    note,
    told_by,
    cause_partition,
    cause_offset,
    cause_index,
    cause_items,
    kafka_partition,
    kafka_offset
FROM (
    SELECT *
    FROM suppression
    WHERE
        ($accounts IS NULL OR list_contains($accounts, account))
        AND ($sender IS NULL OR sender_name(sender) = sender_name($sender))
        AND ($recipient IS NULL OR recipient_hash = $recipient::UBIGINT)
    QUALIFY row_number() OVER (
        PARTITION BY account, sender_name(sender), recipient_hash ORDER BY kafka_offset DESC
    ) = 1
)
WHERE
    ($with_lifted OR kind = 'stop')
    AND (
        $before_at IS NULL
        OR (since, kafka_partition, kafka_offset)
        < ($before_at::TIMESTAMP, $before_partition::SMALLINT, $before_offset::BIGINT)
    )
ORDER BY since DESC, kafka_partition DESC, kafka_offset DESC
LIMIT $limit::BIGINT
