INSERT INTO heard_send BY NAME
SELECT * EXCLUDE (message_id)
FROM due_heard
