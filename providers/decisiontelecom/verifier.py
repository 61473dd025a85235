"""Who is let in: DecisionTelecom signs nothing, publishes no addresses and has no credentials for callbacks.

So the connection's token in the path is all that keeps others out. It stands in each send's own `callback_url`.
"""

from providers._kit.unsigned import token_verifier

DecisionTelecomVerifier = token_verifier
