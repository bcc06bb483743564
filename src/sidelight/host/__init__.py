"""What a host shows of its processes, live or in a core, and what is odd about it."""
