"""What others would have written: the same answers by the usual means, measured beside ours."""
