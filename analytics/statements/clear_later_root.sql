DELETE FROM later_root
WHERE message_id IN (SELECT message_id FROM renewed_later_step)
