DELETE FROM later_step
WHERE message_id IN (SELECT message_id FROM renewed_later_step)
