"""Judging on the workers of a Dask cluster: the same cases, journal and reports as on one machine; extra `cluster`."""

from conformance.cluster.clustered import Clustered

__all__ = ["Clustered"]
