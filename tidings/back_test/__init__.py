"""`tidings back-test` and `tidings advise-wait`: what the API knows of plans and the past, for people to read."""
