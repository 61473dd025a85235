INSERT INTO folded BY NAME
SELECT $fold AS fold, $rule AS rule, $newest AS batch_id
