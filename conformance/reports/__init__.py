"""Reports: what is shown and written of results; they judge nothing."""

from conformance.reports.bench import print_bench, write_bench
from conformance.reports.coverage import print_coverage
from conformance.reports.defects import print_defects, print_kit, write_defects
from conformance.reports.difference import difference_markdown, difference_of, print_difference
from conformance.reports.files import check_target, write_file
from conformance.reports.joined import join_runs
from conformance.reports.json_report import environment, read_run, write_json
from conformance.reports.merge import merge_shards
from conformance.reports.notebook import show_attempt, show_case
from conformance.reports.outputs import Outputs
from conformance.reports.pictures import Pictures, picture_of
from conformance.reports.plots import check_plot, plot_bench, plot_case
from conformance.reports.progress import Progress
from conformance.reports.summary import InMemory, Run, Store, Tally, exit_code, is_green
from conformance.reports.terminal import new_console, print_cases, print_implementation, print_run

__all__ = [
    "InMemory",
    "Outputs",
    "Pictures",
    "Progress",
    "Run",
    "Store",
    "Tally",
    "check_plot",
    "check_target",
    "difference_markdown",
    "difference_of",
    "environment",
    "exit_code",
    "is_green",
    "join_runs",
    "merge_shards",
    "new_console",
    "picture_of",
    "plot_bench",
    "plot_case",
    "print_bench",
    "print_cases",
    "print_coverage",
    "print_defects",
    "print_difference",
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
