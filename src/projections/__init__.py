"""What we now believe: read models folded from the log, which can be dropped and made again."""
