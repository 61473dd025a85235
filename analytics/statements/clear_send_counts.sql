DELETE FROM send_count
WHERE hour_at IN (SELECT hour_at FROM due_send_count)
