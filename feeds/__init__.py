"""What did the agency say: one module for each official format; submissions and faults out."""
