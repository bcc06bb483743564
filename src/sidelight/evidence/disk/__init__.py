"""Files of a disk as evidence: programs, libraries, what may be encrypted, catalogs."""
