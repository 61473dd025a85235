INSERT INTO hour_delta BY NAME
FROM sealed_hours
WHERE attempt_count <> 0 OR entry_count <> 0 OR repeated_count <> 0
