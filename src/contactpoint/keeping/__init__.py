"""Keeping an installation over years: backups, their restoring, and drills that show it works."""
