"""The one question that only the command line asks the database."""

from polar_server.database import Statement

# Elsewhere time is a parameter; here the database's own clock is what is asked for.
DATABASE_TIME = Statement(
    "SELECT CAST(strftime('%s', 'now') AS INTEGER)",
    postgres="SELECT CAST(extract(epoch FROM clock_timestamp()) AS BIGINT)",
)
