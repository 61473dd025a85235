-- The rows of `told` from $first on up to $beyond, each as its record on Kafka has it: the milliseconds of the record, who
-- told, and the value. Places are counted on from $updates and $callbacks, as in `month.sql`.
SELECT
    $updates + rowid AS place,
    epoch_ms(received_at) AS told_ms,
    provider,
    connection,
    $callbacks + rowid AS cause_place,
    to_json({
        'verdict': verdict,
        'attempt_id': attempt_id,
        'message_id': message_id,
        'status': attempt_status,
        'previous_status': previous_status,
        'item_status': item_status,
        'sent_at': sent_at,
        'delivered_at': delivered_at,
        'latency_ms': latency_ms,
        'report': {
            'event_id': event_id,
            'provider': provider,
            'connection': connection,
            'account': account,
            'root_id': root_id,
            'provider_message_id': provider_message_id,
            'scope': scope,
            'status': status,
            'provider_code': provider_code,
            'received_at': received_at,
            'cause': {'partition': ($callbacks + rowid) % 12, 'offset': ($callbacks + rowid) // 12},
            'channel': channel,
            'occurred_at': occurred_at,
            'description': description,
            'reason': reason,
            'is_permanent': is_permanent,
            'may_fall_back': may_fall_back,
            'recipient': format('+447700900{:03d}', recipient_hash % 1000),
            'country': country,
            'sender': sender,
            'operator': operator,
            'external_id': external_id,
            'campaign': campaign,
            'price': price,
            'currency': currency
        }
    })::VARCHAR AS value
FROM told
WHERE rowid >= $first AND rowid < $beyond
ORDER BY rowid
