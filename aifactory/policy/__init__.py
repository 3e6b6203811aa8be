"""The policy pack: every resource of any stack is judged by the rules that judge factory.yaml.

It has no rules of its own. Resources become the facts of `aifactory.sovereignty.fact`; `judge` says what they are worth.
Everything here is pure but `policies` (which speaks pulumi-policy) and `configuration` (which reads files).
"""
