"""What both servers with Authlib share when they are started."""

import sys

MODULES = ("authlib", "sqlalchemy", "psycopg2")
DRIVERS = {"sqlite": "SQLAlchemy on sqlite3", "postgres": "SQLAlchemy on psycopg2, pool of 10, jit off"}
SEED = (sys.executable, "-m", "bench.peers.authlib_server.seed")
