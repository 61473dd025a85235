-- The messages of people that may answer another attempt than is folded, or one that is counted otherwise: few, and of what
-- lately came often none. To look for what they answer is dear, so it is asked only of these.
-- parameters: folded, newest, window_s
WITH
-- include: replies_moved

SELECT event_id FROM moved
