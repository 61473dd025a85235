-- Where the conversation of a person with a sender of ours stands, in each account: the last that was told of it.
-- parameters: accounts, sender, recipient
-- lane: look-up
SELECT
    account,
    provider,
    connection,
    sender,
    rules,
    as_of,
    kinds,
    session_id,
    ends_at,
    business_count,
    messages_left,
    in_a_row_left,
    near,
    opens_next
FROM session_word
WHERE
    told = 'standing'
    AND ($accounts IS NULL OR list_contains($accounts, account))
    AND sender_name(sender) = sender_name($sender)
    AND recipient_hash = $recipient::UBIGINT
QUALIFY row_number() OVER (PARTITION BY account ORDER BY kafka_offset DESC) = 1
ORDER BY account
