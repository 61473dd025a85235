"""`tidings doctor`: looks at an installation and the world around it, and says what to mend and how.

Each check is a look that gives signs: what is well, what is not, and what to do about it. A check changes nothing that
anybody else reads.
"""
