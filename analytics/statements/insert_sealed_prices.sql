INSERT INTO price_delta BY NAME
FROM sealed_prices
WHERE attempt_count <> 0 OR entry_count <> 0 OR attempt_cost <> 0 OR entry_cost <> 0
