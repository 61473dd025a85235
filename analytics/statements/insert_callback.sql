INSERT INTO callback BY NAME
SELECT * EXCLUDE (received_ms), make_timestamp_ms(received_ms) AS received_at, $batch_id::BIGINT AS batch_id
FROM new_callback
