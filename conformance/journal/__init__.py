"""The journal of a run: every result goes there as soon as it is there, so that nothing is lost, and nothing kept.

JSON lines, schema `conformance-journal/1`: first what is run (`Heading`), then for each implementation what it is
(`Beginning`), its records as they come, later ones in place of earlier ones, and its `Status` once it is done with. A
last line that was not written to its end is passed over. Records are read from it when a report is written, in the
order of the catalogue.
"""

from conformance.journal.earlier import read_records, slowest
from conformance.journal.journal import Journal
from conformance.journal.lines import Beginning, Heading, Line

__all__ = ["Beginning", "Heading", "Journal", "Line", "read_records", "slowest"]
