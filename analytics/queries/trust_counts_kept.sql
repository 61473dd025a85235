-- The same as `trust_counts` where nothing has to be counted from the facts: of whole hours, to which nothing was added since.
-- parameters: whole_from, whole_to, cut_from, cut_to, old_before, steps
-- parameters: fast_floor_ms, fast_floor_sms_ms, fast_share, accounts
WITH counted AS (
-- include: trust_kept
),

-- include: trust_measured
