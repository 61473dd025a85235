-- The sends of which batches up to and with $until tell something: as they are settled, and as they are then.
CREATE OR REPLACE TEMP TABLE due_send AS
WITH
wanted AS (
    SELECT NULL::UUID AS message_id WHERE false
),

fresh_heard AS (
    FROM due_heard
),

-- include: send_moved

SELECT side, message_id, send_id, account, step, channel, provider, connection, outcome, commanded_at, is_double FROM moved
