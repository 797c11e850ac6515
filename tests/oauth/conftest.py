"""How much is tried where values are made up: `pytest -m "not hypothesis"` leaves those tests out."""

from hypothesis import settings

# No deadline: a busy machine is no bug. The blob repeats a failure that happened elsewhere.
settings.register_profile("tests", max_examples=100, deadline=None, print_blob=True)
settings.load_profile("tests")
