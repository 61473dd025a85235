"""The stage that notices what nobody tells us: attempts that do not end, and when to ask about them."""
