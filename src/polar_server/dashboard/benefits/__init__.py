"""Benefits: made, changed, ended, and who has them."""
