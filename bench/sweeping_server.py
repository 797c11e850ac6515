"""`polar-server` whose sweeper looks every second instead of every ten minutes; it changes nothing else."""

from polar_server import app
from polar_server.cli import main

if __name__ == "__main__":
    app.SWEEP_EVERY = 1
    main()
