"""Products: what an organization sells, at which prices."""
