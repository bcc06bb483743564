"""TAXII 2.1 without a socket: requests come in as values, responses go out as values."""
