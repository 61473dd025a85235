-- What parse_registration.sql made of registrations.
INSERT INTO registration BY NAME
SELECT *, $batch_id::BIGINT AS batch_id
FROM new_registration
