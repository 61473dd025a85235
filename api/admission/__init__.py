"""Who may ask, and what is written down of it: keys, sign-ins, rates, the audit."""
