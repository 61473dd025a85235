-- In the order of the cells, which questions add up in three quarters of the time.
INSERT INTO {days} BY NAME
FROM merged_{days}
WHERE {counts}
ORDER BY day_at, {of_days}
