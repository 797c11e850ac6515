"""The operation of the server, for the people with the operator flag; everybody else finds nothing here."""
