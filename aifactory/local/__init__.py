"""A region on one machine: toolchain, control plane, simulated GPU nodes and plugin stand-ins.

Needs the extra `local`. Everything here is for trying and testing: whatever is simulated says so.
"""
