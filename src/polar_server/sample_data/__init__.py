"""Sample data: what a test organization is filled with, and emptied of, so that there is something to look at."""

from polar_server.sample_data.filling import fill
from polar_server.sample_data.resetting import NotATestOrganization, ResetRunning, reset

__all__ = ["NotATestOrganization", "ResetRunning", "fill", "reset"]
