"""What a plan would have done with messages of the past, what that would have cost and won, and how long to wait."""
