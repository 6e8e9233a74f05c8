"""Reports: what is shown and written of results; they judge nothing."""

from conformance.reports.bench import print_bench, write_bench
from conformance.reports.coverage import print_coverage
from conformance.reports.defects import print_defects, print_kit, write_defects
from conformance.reports.files import check_target, write_file
from conformance.reports.json_report import environment, read_run, write_json
from conformance.reports.merge import merge_shards
from conformance.reports.notebook import show_attempt, show_case
from conformance.reports.plots import check_plot, plot_bench, plot_case
from conformance.reports.summary import InMemory, Run, Store, Tally, exit_code, is_green
from conformance.reports.terminal import new_console, print_cases, print_implementation, print_run

__all__ = [
    "InMemory",
    "Run",
    "Store",
    "Tally",
    "check_plot",
    "check_target",
    "environment",
    "exit_code",
    "is_green",
    "merge_shards",
    "new_console",
    "plot_bench",
    "plot_case",
    "print_bench",
    "print_cases",
    "print_coverage",
    "print_defects",
    "print_implementation",
    "print_kit",
    "print_run",
    "read_run",
    "show_attempt",
    "show_case",
    "write_bench",
    "write_defects",
    "write_file",
    "write_json",
]
