"""Benefits: what customers get with a product."""
