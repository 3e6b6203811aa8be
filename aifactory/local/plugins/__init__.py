"""Stand-ins for Pulumi plugins that cannot be installed; they speak the same protocol and say what they are."""
