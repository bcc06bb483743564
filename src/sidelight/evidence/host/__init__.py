"""Hosts looked at from outside their logs: collections, snapshots of processes, cores."""
