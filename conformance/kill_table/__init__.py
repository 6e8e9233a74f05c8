"""The table of which case rejects which defect, and what can be read from it; and right implementations as a check."""

from conformance.kill_table.examiner import Examiner
from conformance.kill_table.legal import LEGAL, Trusted, trust
from conformance.kill_table.table import KillTable
from conformance.kill_table.workers import examine, examine_in_turn, trust_all

__all__ = ["LEGAL", "Examiner", "KillTable", "Trusted", "examine", "examine_in_turn", "trust", "trust_all"]
