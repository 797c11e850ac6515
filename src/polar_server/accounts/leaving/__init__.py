"""Taking everything away, and going: the export of an account, and its deletion."""
