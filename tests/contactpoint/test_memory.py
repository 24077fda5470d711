"""How much memory a load holds, whatever the size of its file."""

import tracemalloc

CHUNK = 1_000
MB = 1_000_000
GIVEN = ("Oliver", "Amelia", "Mohammed", "Grace", "Thomas")
FAMILY = ("Smith", "Patel", "Jones", "Khan", "Okonjo", "Taylor", "Brown")


def delivery(path, rows):
    lines = (
        f"k{n},{GIVEN[n % 5]},{FAMILY[n % 7]},{2008 + n % 12}-0{1 + n % 9}-1{n % 9},F,SE15 3QN"
        for n in range(rows)
    )
    path.write_text("key,given,family,dob,sex,postcode\n" + "\n".join(lines) + "\n")
    return path


def most_held(store, source, rows):
    """The most bytes that a load of so many rows held at once.

    What SQLite's pages and OpenSSL's keys take is not counted: their caches fill up with the first
    files, and stay within bounds of their own.
    """
    path = delivery(store.folder / f"{source}.csv", rows)
    tracemalloc.start()
    try:
        loaded = store.load(path, source=source, mode="snapshot", chunk=CHUNK)
        assert loaded.counts.new == rows
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(store):
    few, many = most_held(store, "few", 2_000), most_held(store, "many", 20_000)
    assert many - few < 8 * MB, f"{few / MB:.1f} MB for few rows and {many / MB:.1f} MB for many"
