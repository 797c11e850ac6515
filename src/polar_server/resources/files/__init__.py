"""Files: what an organization hands out to customers or shows with its products."""

from polar_server.resources.files.endpoints import routes as _file_routes
from polar_server.resources.files.transfers import routes as _transfer_routes

routes = [*_file_routes, *_transfer_routes]

__all__ = ["routes"]
