"""`python -m polar_server` is `polar-server`."""

from polar_server.cli import main

if __name__ == "__main__":
    main()
