"""What the tokens open: one folder for each resource of the API."""
