DELETE FROM price_delta
WHERE hour_at IN (SELECT hour_at FROM sealed_prices)
