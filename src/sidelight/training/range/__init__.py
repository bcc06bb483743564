"""A labelled intrusion into a small operator, written as the logs its hosts would have kept."""
