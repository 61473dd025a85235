-- The attempts that an id names: all of a message, or one by its own id, then with the message that it is registered for.
-- parameters: id
-- lane: look-up
SELECT attempt_id, NULL::UUID AS message_id FROM report WHERE message_id = $id::UUID
UNION ALL
SELECT attempt_id, NULL AS message_id FROM report WHERE attempt_id = $id::UUID
UNION ALL
SELECT attempt_id, NULL AS message_id FROM registration WHERE message_id = $id::UUID
UNION ALL
SELECT attempt_id, message_id FROM registration WHERE attempt_id = $id::UUID
UNION ALL
SELECT attempt_id, NULL AS message_id FROM unclaimed WHERE message_id = $id::UUID
UNION ALL
SELECT attempt_id, NULL AS message_id FROM presumed_lost WHERE message_id = $id::UUID
UNION ALL
SELECT attempt_id, NULL AS message_id FROM presumed_lost WHERE attempt_id = $id::UUID
