-- The attempts that an id names: all of a message, or one by its own id, then with the message that it is registered for; and
-- which of the questions about a message have an answer under that id.
-- parameters: id
-- lane: look-up
SELECT 'message_reports' AS question, attempt_id, NULL::UUID AS message_id FROM report WHERE message_id = $id::UUID
UNION ALL
SELECT 'message_reports', attempt_id, NULL FROM report WHERE attempt_id = $id::UUID
UNION ALL
SELECT 'message_registrations', attempt_id, NULL FROM registration WHERE message_id = $id::UUID
UNION ALL
SELECT 'message_registrations', attempt_id, message_id FROM registration WHERE attempt_id = $id::UUID
UNION ALL
SELECT 'unclaimed_of', attempt_id, NULL FROM unclaimed WHERE message_id = $id::UUID
UNION ALL
SELECT 'unclaimed_of', attempt_id, NULL FROM unclaimed WHERE attempt_id = $id::UUID
UNION ALL
SELECT 'message_presumed_lost', attempt_id, NULL FROM presumed_lost WHERE message_id = $id::UUID
UNION ALL
SELECT 'message_presumed_lost', attempt_id, NULL FROM presumed_lost WHERE attempt_id = $id::UUID
UNION ALL
SELECT 'message_plan', NULL, NULL FROM plan WHERE message_id = $id::UUID
UNION ALL
SELECT 'message_decisions', NULL, NULL FROM decision WHERE message_id = $id::UUID
UNION ALL
SELECT 'message_sends', NULL, NULL FROM command WHERE message_id = $id::UUID
