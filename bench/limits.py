"""`python -m bench.limits`: growth, tails, workers and PostgreSQL's log in one run, held against their limits.

`--scale short`, the default, compares 10 thousand tokens with a million; `--scale long` with ten million.
"""

from bench import growth, stage, tail, workers, write_ahead

PARTS: dict[str, stage.Part] = {**growth.PARTS, **tail.PARTS, **workers.PARTS, **write_ahead.PARTS}

if __name__ == "__main__":
    stage.main(PARTS, __doc__, "bench.limits")
