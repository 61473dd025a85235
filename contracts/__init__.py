"""The words every room shares: statuses, records, topics, identities, errors. Pure; imports nothing of ours."""
