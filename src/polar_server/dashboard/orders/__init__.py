"""Orders: listed, read, billed and given back."""
