-- What else names a send is of no use once its provider's answer says what it took.
DELETE FROM heard_send
WHERE send_id IN (
    SELECT send_id
    FROM outcome
    WHERE batch_id > settled_until() AND batch_id <= $until::BIGINT AND outcome = 'accepted' AND root_id IS NOT NULL
)
