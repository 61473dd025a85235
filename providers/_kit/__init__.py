"""What adapters may use besides the contracts."""
