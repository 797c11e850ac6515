"""Files: uploaded, found, renamed, downloaded and deleted."""
