-- Where each attempt stands that was first heard of in [first, beyond) and is wanted, newest first.
-- parameters: first, beyond, limit
-- parameters: accounts, account, provider, connection, channel, country, campaign, sender, status, reason
WITH
heard_report AS (
    FROM report WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

heard_registration AS (
    FROM registration WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

heard_unclaimed AS (
    FROM unclaimed WHERE attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
),

-- include: standing
