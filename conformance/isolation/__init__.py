"""Judging in processes of their own, so that no case can take down the run, and in this one, where speed asks."""

from conformance.choices import Isolation
from conformance.errors import UsageError
from conformance.isolation.in_process import InProcess
from conformance.isolation.isolated import Isolated, memory_share, thread_variables, threads_of
from conformance.isolation.lane import Lane, Ready, Settings
from conformance.isolation.messages import Try, packed
from conformance.isolation.subject import Asking, Identity, Limits, Subject

__all__ = [
    "Asking",
    "Identity",
    "InProcess",
    "Isolated",
    "Lane",
    "Limits",
    "Ready",
    "Settings",
    "Subject",
    "Try",
    "memory_share",
    "open_subject",
    "packed",
    "thread_variables",
    "threads_of",
]


def open_subject(name: str, asking: Asking, isolation: Isolation, limits: Limits, jobs: int = 1) -> Subject:
    """Return the implementation that the SPEC `name` means, to be asked where `isolation` says.

    Raises:
        UsageError: several workers where there are none.
    """
    if isolation is Isolation.NONE:
        if jobs > 1:
            raise UsageError(f"-j must be 1 with --isolate none, which has no workers, but is {jobs}")
        return InProcess(name, asking)
    return Isolated(name, asking, limits, jobs, isolation)
