INSERT INTO settled_batch VALUES ($until)
