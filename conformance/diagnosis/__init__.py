"""The diagnosis of a run: which mistake an implementation makes, with the evidence, or what its failures share."""

from conformance.diagnosis.conclusion import Diagnosis, Finding, Minimal, diagnose_run
from conformance.diagnosis.sightings import Gathering, Sighting, Sign

__all__ = ["Diagnosis", "Finding", "Gathering", "Minimal", "Sighting", "Sign", "diagnose_run"]
