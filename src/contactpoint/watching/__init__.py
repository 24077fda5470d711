"""Looks that normal work seldom shows, found in the record of access and put before an auditor."""
