"""The cluster is started once for all of these tests."""

from tests.staying_up.cluster import cluster

__all__ = ["cluster"]
