-- The same as `trust_counts` where nothing was added since to what is kept, and whole hours are asked for.
-- parameters: from, to, days_from, days_to, day_apart, sealed, old_to, old_first, old_until, step_us, steps
-- parameters: fast_floor_ms, fast_floor_sms_ms, fast_share, accounts
WITH
-- if: old_until
-- include: trust_old
,

-- end: old_until
-- include: trust_kept
),

-- include: trust_measured
