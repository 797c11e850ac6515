"""The parts of the API: for each what is sent (dictionaries), what comes back (Structs) and its methods."""
