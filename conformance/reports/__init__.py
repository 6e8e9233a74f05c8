"""Reports: what is shown and written of results; they judge nothing."""

from conformance.reports.coverage import print_coverage
from conformance.reports.defects import defects_report, print_defects, print_kit
from conformance.reports.json_report import check_target, json_report, write_json, write_report
from conformance.reports.notebook import show_attempt, show_case
from conformance.reports.summary import Run, State, Status, exit_code
from conformance.reports.terminal import new_console, print_adapter, print_cases, print_run

__all__ = [
    "Run",
    "State",
    "Status",
    "check_target",
    "defects_report",
    "exit_code",
    "json_report",
    "new_console",
    "print_adapter",
    "print_cases",
    "print_coverage",
    "print_defects",
    "print_kit",
    "print_run",
    "show_attempt",
    "show_case",
    "write_json",
    "write_report",
]
