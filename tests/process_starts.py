"""Process starts for tests."""


def start(**known):
    """Build a row of `PROCESSES` of which only what matters is given."""
    row = {
        "host": "h",
        "key": "",
        "pid": -1,
        "time": 0,
        "ended": False,
        "image": "",
        "command_line": "",
        "user": "",
        "parent_key": "",
        "parent_pid": -1,
        "parent_image": "",
        "parent_command_line": "",
        "source": "s",
        "record": 0,
    }
    return row | known
