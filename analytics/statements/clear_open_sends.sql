DELETE FROM open_send
WHERE send_id IN (SELECT send_id FROM due_send)
