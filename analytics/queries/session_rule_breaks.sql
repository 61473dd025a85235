-- Messages of ours that went to a person although the rules of sessions forbid it, the newest first; what was withdrawn
-- since is left out.
-- parameters: accounts, sender, recipient
-- lane: look-up
SELECT
    account,
    rule,
    sent_at
FROM session_word
WHERE
    told = 'rule_broken'
    AND ($accounts IS NULL OR list_contains($accounts, account))
    AND sender_name(sender) = sender_name($sender)
    AND recipient_hash = $recipient::UBIGINT
GROUP BY account, rule, sent_at
HAVING NOT arg_max(is_withdrawn, kafka_offset)
ORDER BY sent_at DESC, rule
LIMIT 50
