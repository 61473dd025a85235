INSERT INTO {days} BY NAME
FROM merged_{days}
WHERE {counts}
