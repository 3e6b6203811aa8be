"""Clusters: each a component with one shape of output, a Kubernetes provider that the blocks use."""
