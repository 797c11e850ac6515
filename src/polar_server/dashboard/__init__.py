"""Pages for people under /dashboard: what the API does with JSON, done with forms, and read without any script."""
