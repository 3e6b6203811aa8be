"""What was found, for people and programs that were not there: reports, and the bundle of evidence of a region."""
