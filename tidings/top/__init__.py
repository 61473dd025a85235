"""`tidings top`: what runs, while it runs: rates, lags, ages, the account, alarms.

One picture is made of two readings, one interval apart; the picture and the JSON are made of the same figures.
"""
