"""Products: listed, made, changed, archived and deleted."""
