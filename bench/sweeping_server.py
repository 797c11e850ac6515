"""`polar-server` whose sweeper looks every second instead of every ten minutes; it changes nothing else."""

from polar_server import house, processes
from polar_server.cli import main, serving

if __name__ == "__main__":
    house.SWEEP_EVERY = 1
    # A program of its own would know nothing of this second.
    serving.become_server = processes.listen
    main()
