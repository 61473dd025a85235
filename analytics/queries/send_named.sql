-- One send by its id, with what came of it.
-- parameters: send_id, accounts
-- lane: look-up
WITH
asked AS (
    SELECT * FROM command
    WHERE send_id = $send_id AND ($accounts IS NULL OR list_contains($accounts, account))
),

-- include: send

SELECT * FROM send
