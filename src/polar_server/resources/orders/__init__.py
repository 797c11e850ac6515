"""Orders: what customers owe and paid."""
