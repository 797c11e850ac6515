"""Checkouts: a customer on the way to buy, and the page where they pay."""
