-- An amount whose currency nobody told is no price: it stands behind all others, and beside none.
CREATE OR REPLACE MACRO price_order(price, currency) AS CASE
    WHEN currency IS NOT NULL
        THEN (price * 1000000)::HUGEINT * 18446744073709551616::HUGEINT + hash(currency)::HUGEINT
END;
