INSERT INTO open_send BY NAME
SELECT message_id, send_id
FROM due_send
WHERE side = 1 AND outcome IN ('waiting', 'in_doubt')
