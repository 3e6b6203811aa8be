"""Stand-ins for Pulumi plugins that cannot be installed; they speak their protocol and say what they are."""
