DELETE FROM callback_span
WHERE hour_at IN (SELECT hour_at FROM due_span)
