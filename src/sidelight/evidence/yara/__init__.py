"""YARA rules over files, and over the memory of processes, cores and dumps (extra ``yara``)."""
