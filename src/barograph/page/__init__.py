"""What every page of results is made of: sections of notes, tables and drawings, and one style.

A page is one file. No script, font, picture or style is fetched.
"""
