"""Kubernetes as plain HTTP and plain data: what reads clusters, and writes to the local one, stands on it.

It needs the extra ``local`` (lightkube, for kubeconfigs); nothing that runs inside of `pulumi up` imports it.
"""
