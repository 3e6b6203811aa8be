# A directory that Pulumi runs, not a package.
# ruff: noqa: INP001
"""What Pulumi runs for `pulumi preview --policy-pack "$(aifactory policy path)"`."""

from aifactory.policy.policies import serve

serve()
