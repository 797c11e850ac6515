"""Files: what an organization hands out to customers or shows with its products."""
