INSERT INTO send_count BY NAME
FROM due_send_count
WHERE send_count <> 0 OR double_count <> 0
