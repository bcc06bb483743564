"""A brief as Markdown, HTML, JSON or STIX."""
