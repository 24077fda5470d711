"""Which child of the index a described person is, as far as whoever asks may know of it."""
