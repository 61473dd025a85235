-- The attempts first heard of in [first, beyond) that may be wanted, newest first: by each filter, something that was told of
-- them is. Only filters may be given that want nothing of which nothing is told.
-- parameters: first, beyond
-- parameters: accounts, account, provider, connection, channel, country, campaign, sender, status, reason
WITH told AS NOT MATERIALIZED (
    SELECT attempt_id, account, provider, connection, channel, country, campaign, sender, attempt_status AS status, reason
    FROM report
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
    UNION ALL BY NAME
    SELECT attempt_id, account, provider, connection, channel, country, campaign, sender, attempt_status AS status
    FROM registration
    WHERE
        attempt_id >= $first::UUID AND attempt_id < $beyond::UUID
        AND ($accounts IS NULL OR list_contains($accounts, account))
)

SELECT DISTINCT attempt_id
FROM told
WHERE
    true
-- if: account
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(account, $account))
-- end: account
-- if: provider
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(provider, $provider))
-- end: provider
-- if: connection
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(connection, $connection))
-- end: connection
-- if: channel
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(channel, $channel))
-- end: channel
-- if: country
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(country, $country))
-- end: country
-- if: campaign
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(campaign, $campaign))
-- end: campaign
-- if: sender
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(sender, $sender))
-- end: sender
-- if: status
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(status, $status))
-- end: status
-- if: reason
    AND attempt_id IN (SELECT attempt_id FROM told WHERE is_wanted(reason, $reason))
-- end: reason
ORDER BY attempt_id DESC
