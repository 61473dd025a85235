-- What the session stage has told, whatever it is; a warning is near one limit, a standing may be near several.
INSERT INTO session_word BY NAME
SELECT
    kafka_partition,
    kafka_offset,
    make_timestamp_ms(told_ms) AS told_at,
    person_hash AS recipient_hash,
    said.told,
    said.parties.account,
    said.parties.provider,
    said.parties.connection,
    said.parties.sender,
    said.rules,
    coalesce(session.session_id, said.was.session_id, said.session_id) AS session_id,
    said.told = 'corrected' AND session.session_id IS NULL AS is_void,
    session.opened_at,
    session.started_at,
    coalesce(session.ends_at, said.ends_at) AS ends_at,
    session.closed_at,
    session.closed_by,
    CASE
        WHEN session.session_id IS NOT NULL THEN coalesce(session.business_count, 0)
        WHEN said.told = 'standing' THEN coalesce(said.business_count, 0)
    END AS business_count,
    CASE WHEN session.session_id IS NOT NULL THEN coalesce(session.user_count, 0) END AS user_count,
    CASE WHEN session.session_id IS NOT NULL THEN coalesce(session.is_billed, false) END AS is_billed,
    session.cost,
    session.currency,
    CASE said.told
        WHEN 'warned' THEN [json_extract_string(value, '$.near')]
        WHEN 'standing' THEN coalesce(json_extract_string(value, '$.near[*]'), [])
    END AS near,
    CASE WHEN said.told IN ('warned', 'standing') THEN coalesce(said.messages_left, 0) END AS messages_left,
    CASE WHEN said.told IN ('warned', 'standing') THEN coalesce(said.in_a_row_left, 0) END AS in_a_row_left,
    said.minutes_left,
    said.as_of,
    said.kinds,
    CASE WHEN said.told = 'standing' THEN coalesce(said.opens_next, false) END AS opens_next,
    said.rule,
    said.sent_at,
    CASE WHEN said.told = 'rule_broken' THEN coalesce(said.is_withdrawn, false) END AS is_withdrawn,
    said.event_id,
    $batch_id::BIGINT AS batch_id
FROM (
    SELECT *, coalesce(said.session, said.now) AS session
    FROM (
        SELECT
            kafka_partition,
            kafka_offset,
            told_ms,
            person_hash,
            value,
            json_transform(
                value,
                '{
                    "told": "VARCHAR",
                    "parties": {
                        "account": "VARCHAR",
                        "provider": "VARCHAR",
                        "connection": "VARCHAR",
                        "sender": "VARCHAR"
                    },
                    "rules": "VARCHAR",
                    "session": {
                        "session_id": "VARCHAR",
                        "opened_at": "TIMESTAMP",
                        "started_at": "TIMESTAMP",
                        "ends_at": "TIMESTAMP",
                        "closed_at": "TIMESTAMP",
                        "closed_by": "VARCHAR",
                        "business_count": "INTEGER",
                        "user_count": "INTEGER",
                        "is_billed": "BOOLEAN",
                        "cost": "DECIMAL(18,6)",
                        "currency": "VARCHAR"
                    },
                    "now": {
                        "session_id": "VARCHAR",
                        "opened_at": "TIMESTAMP",
                        "started_at": "TIMESTAMP",
                        "ends_at": "TIMESTAMP",
                        "closed_at": "TIMESTAMP",
                        "closed_by": "VARCHAR",
                        "business_count": "INTEGER",
                        "user_count": "INTEGER",
                        "is_billed": "BOOLEAN",
                        "cost": "DECIMAL(18,6)",
                        "currency": "VARCHAR"
                    },
                    "was": {"session_id": "VARCHAR"},
                    "session_id": "VARCHAR",
                    "ends_at": "TIMESTAMP",
                    "business_count": "INTEGER",
                    "messages_left": "INTEGER",
                    "in_a_row_left": "INTEGER",
                    "minutes_left": "INTEGER",
                    "as_of": "TIMESTAMP",
                    "kinds": ["VARCHAR"],
                    "opens_next": "BOOLEAN",
                    "rule": "VARCHAR",
                    "sent_at": "TIMESTAMP",
                    "is_withdrawn": "BOOLEAN",
                    "event_id": "VARCHAR"
                }'
            ) AS said
        FROM new_session_word
    )
)
