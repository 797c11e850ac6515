"""Limits that hold in every rolling hour, for all workers of one host, or of several."""

from polar_server.rate_limits.limits import Counted, RateLimits

__all__ = ["Counted", "RateLimits"]
