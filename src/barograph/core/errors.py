"""Every error a user can meet, as one tree.

``BarographError``
├── ``InputError``: what came in cannot be used (exit code 2)
│   ├── ``LayoutError``: a file or payload in no known layout
│   ├── ``SettingsError``: a run file or option that makes no sense
│   └── ``NotEnoughDataError``: fewer bars than the work needs
├── ``SourceError``: a supplier failed after every retry (exit code 3)
├── ``LakeError``: the lake cannot be read or written (exit code 4)
│   └── ``LakeVersionError``: written by a newer program
├── ``AuditError``: the record does not agree with itself (exit code 5)
└── ``LeakError``: a value reached a forecast before it was known (exit code 6)
    └── ``LookAheadError``: a strategy reached for what was not known yet

A message holds the value seen, the value wanted and the next step, in one line.
"""


class BarographError(Exception):
    """Root of the tree; ``exit_code`` is what the command line returns."""

    exit_code: int = 1


class InputError(BarographError):
    """What came in cannot be used."""

    exit_code = 2


class LayoutError(InputError):
    """A file or payload in no known layout."""


class SettingsError(InputError):
    """A run file or an option that makes no sense."""


class NotEnoughDataError(InputError):
    """Fewer bars than the work needs."""


class SourceError(BarographError):
    """A supplier failed after every retry."""

    exit_code = 3


class LakeError(BarographError):
    """The lake cannot be read or written."""

    exit_code = 4


class LakeVersionError(LakeError):
    """The lake was written by a newer program."""


class AuditError(BarographError):
    """The record does not agree with itself."""

    exit_code = 5


class LeakError(BarographError):
    """A value reached a forecast before it was known."""

    exit_code = 6


class LookAheadError(LeakError):
    """A strategy reached for what was not known yet."""
