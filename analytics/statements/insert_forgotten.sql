INSERT INTO forgotten BY NAME
SELECT
    $before AS before_at,
    $first::UUID AS first_id,
    (SELECT count(*) FROM going) AS row_count,
    $batch_id AS batch_id
