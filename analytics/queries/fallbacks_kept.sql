-- The same as `fallbacks`, of what is folded; but of $messages, of which batches behind $folded tell something, found anew.
-- facts: from
-- parameters: from, to, bucket, step_min, time_zone, group_by, folded, newest, messages, accounts
-- parameters: account, provider, connection, channel, country, campaign, sender, status, reason
WITH
-- if: messages
concerned AS (
    SELECT unnest($messages::UUID[]) AS message_id
),

-- include: later_steps_anew
,

-- end: messages
-- Few of them change: those leave the count as they are kept and enter it as they are.
begun_step AS (
    SELECT 1 AS side, * FROM later_step
-- if: messages
    UNION ALL
    SELECT -1 AS side, * FROM later_step SEMI JOIN concerned USING (message_id)
    UNION ALL BY NAME
    SELECT 1 AS side, * EXCLUDE (roots) FROM later_step_anew
-- end: messages
),

-- include: later_steps_counted
