"""The errors that a user can mend; every command turns them into one line and exit code 2."""


class InputError(Exception):
    """The input or the call is wrong; the message says what, where and how to mend it."""


class RunError(Exception):
    """The run failed for a reason outside the input; commands end with exit code 1."""
