INSERT INTO parked BY NAME
FROM due_parked
