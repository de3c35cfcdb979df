"""Where a user starts: a project of one's own, and claims read from a LaTeX article."""
