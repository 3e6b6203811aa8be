"""Where data goes: the flows that each block of a region causes; pure, known before the engine starts.

A block that stores, sends or reads data declares it here, from its spec alone. What rules judge are these flows.
"""

from aifactory.sovereignty.flow import HERE, Flow, FlowKind, image_flows

__all__ = ["HERE", "Flow", "FlowKind", "image_flows"]
