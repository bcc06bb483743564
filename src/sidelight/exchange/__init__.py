"""Sharing with allies: who may see what, the server and the client of TAXII 2.1."""
