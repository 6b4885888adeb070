"""What can be wrong with an event, a log or a proof. Every fault is a `LogFault`, and a fault refuses."""


class LogFault(Exception):
    """Something about the log is not as it must be. Its text names the place, never a person's details."""


class BadEncoding(LogFault):
    """Bytes that are not the one way of writing what they stand for."""


class BadEvent(LogFault):
    """An event, body, leaf or item that has not the shape of the specification."""


class LeafTooLong(BadEvent):
    """A leaf above 65,535 bytes, which no bundle can hold."""


class BadNote(LogFault):
    """A note, key, checkpoint, cosignature or receipt that is malformed or not signed as it must be."""


class BadProof(LogFault):
    """An inclusion or consistency proof that proves nothing."""


class NotInLog(LogFault):
    """An index or size beyond the tree."""


class BadTile(LogFault):
    """A tile or bundle that has not the form of its place."""


class BadPolicy(LogFault):
    """A witness policy that cannot be read, or that a checkpoint does not meet."""


class BadFolder(LogFault):
    """A folder that is not exactly a log."""
