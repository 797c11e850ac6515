"""`python -m polar_client.command_line` is `polar`."""

from polar_client.command_line import main

main()
