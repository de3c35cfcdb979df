"""What is shown of the ledger: cards, the claims map, equation coverage, the terminal.

Words come from :mod:`.words`, numbers from :mod:`.numbers`; :mod:`.sphinx_ext` puts them into the
book, :mod:`.terminal` on the screen.
"""
