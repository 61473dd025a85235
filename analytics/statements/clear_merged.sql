DELETE FROM {days}
WHERE day_at IN (SELECT day_at FROM merged_{days})
