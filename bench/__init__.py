"""What a request costs: the server as a real process, measured beside a bare application in the same run."""
