INSERT INTO trust_delta BY NAME
FROM sealed_trusts
WHERE n <> 0
