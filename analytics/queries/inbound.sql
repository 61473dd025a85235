-- What people wrote, newest first, and which of our messages each of them answers. Nobody's words are told twice: what a
-- provider repeated is left out. A null leaves its filter out; before_* is the place of the last row that was told.
-- parameters: accounts, provider, connection, channel, from, to, addressee, author, text, window_s, limit
-- parameters: before_at, before_partition, before_offset
WITH reply AS (
    SELECT *, bucket_time(occurred_at, received_at) AS replied_at
    FROM inbound
    WHERE
        verdict = 'applied'
        AND ($accounts IS NULL OR list_contains($accounts, account))
        AND ($provider IS NULL OR provider = $provider)
        AND ($connection IS NULL OR connection = $connection)
        AND ($channel IS NULL OR channel = $channel)
        AND received_at >= coalesce($from::TIMESTAMP, '-infinity'::TIMESTAMP)
        AND received_at < coalesce($to::TIMESTAMP, 'infinity'::TIMESTAMP)
        AND ($addressee IS NULL OR sender_name(addressee) = sender_name($addressee))
        AND ($author IS NULL OR author_hash = $author::UBIGINT)
        AND ($text IS NULL OR contains(lower(text), lower($text)))
        AND (
            $before_at IS NULL
            OR (received_at, kafka_partition, kafka_offset)
            < ($before_at::TIMESTAMP, $before_partition::SMALLINT, $before_offset::BIGINT)
        )
    ORDER BY received_at DESC, kafka_partition DESC, kafka_offset DESC
    LIMIT $limit::BIGINT
),

-- include: attribution

SELECT * FROM told
ORDER BY received_at DESC, kafka_partition DESC, kafka_offset DESC
