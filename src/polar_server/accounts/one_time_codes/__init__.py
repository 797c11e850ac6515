"""One-time codes: a second factor after the password, and recovery codes for when its device is lost."""
