"""A fleet of virtual phones that start as real ones do, to test an installation: ``provisioner simulate``."""
