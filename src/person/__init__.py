"""Who is a record about: names, dates, identifiers, places and services, as checked values."""
