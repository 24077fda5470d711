"""FHIR R4 (UK Core where it applies): the index as practitioners' systems ask health services."""
