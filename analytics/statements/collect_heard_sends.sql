-- What batches up to and with $until name of sends whose provider's answer does not say what it took.
CREATE OR REPLACE TEMP TABLE due_heard AS
WITH
-- include: send_heard

SELECT * FROM fresh_heard
