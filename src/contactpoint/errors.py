"""What can go wrong that a person can act on: each with its exit code, shown without traceback."""


class ContactpointError(Exception):
    """Base: the command failed; the message says what, where, and what would be right."""

    exit_code = 1


class UsageError(ContactpointError):
    """The words of the command do not fit."""

    exit_code = 2


class NotInitialisedError(ContactpointError):
    """There is no store where the settings point."""


class ChangedFileError(ContactpointError):
    """A file was changed while it was read: nothing of it was appended."""


class NotFoundError(ContactpointError):
    """Nothing by that name; said in the same words of what may not be seen."""


class DeniedError(ContactpointError):
    """The person's role does not allow the command, whoever the child."""

    exit_code = 4
