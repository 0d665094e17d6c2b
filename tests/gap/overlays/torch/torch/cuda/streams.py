"""Streams."""


class Stream:
    """A queue of work."""

    def __init__(self, device=None, priority=0):
        self.priority = priority

    def wait_event(self, event):
        """Wait for an event."""

    def synchronize(self):
        """Wait for all work."""
