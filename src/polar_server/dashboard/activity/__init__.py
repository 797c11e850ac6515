"""Activity: the audit log as an organization, a person, and the people who run the server read it."""
