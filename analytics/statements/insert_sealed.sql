INSERT INTO {hours} BY NAME
FROM sealed_{hours}
WHERE {counts}
