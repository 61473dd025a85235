INSERT INTO callback_span BY NAME
FROM due_span
