"""What the service has the system read into memory before it is asked for."""

import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from contactpoint.serving import reading_ahead
from contactpoint.serving.reading_ahead import STEP, available, files_of, read_ahead


@pytest.fixture
def store(own):
    with own.opened() as store:
        yield store


@pytest.fixture
def asked(monkeypatch):
    """Every stretch of a file that the system is asked to read."""
    stretches: list[tuple[str, int, int]] = []

    def fadvise(descriptor, start, length, advice):
        assert advice == os.POSIX_FADV_WILLNEED
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        stretches.append((name, start, length))

    monkeypatch.setattr(os, "posix_fadvise", fadvise)
    return stretches


def file(folder, name, size):
    path = folder / name
    path.write_bytes(bytes(size))
    return path


def test_a_file_is_asked_for_whole_in_stretches_of_which_each_is_read(tmp_path, asked):
    size = 2 * STEP + 5
    told = read_ahead([file(tmp_path, "read.db", size)], 1e12, threading.Event())
    assert told == size
    assert asked == [("read.db", start, STEP) for start in (0, STEP, 2 * STEP)]


def test_a_file_for_which_there_is_no_room_is_passed_over(tmp_path, asked):
    files = [file(tmp_path, "read.db", 3 * STEP), file(tmp_path, "keys.db", STEP)]
    assert read_ahead(files, 2 * STEP, threading.Event()) == STEP
    assert {name for name, _, _ in asked} == {"keys.db"}


def test_it_ends_when_the_service_does(tmp_path, asked):
    ended = threading.Event()
    ended.set()
    assert read_ahead([file(tmp_path, "read.db", STEP)], 1e12, ended) == 0
    assert asked == []


def test_the_databases_that_are_files_are_read_and_no_others(store):
    settings = store.settings
    names = [path.name for path in files_of(settings)]
    assert names == ["read.db", "log.db", "keys.db"]
    elsewhere = replace(settings, log_url="postgresql+psycopg://there/log")
    assert [path.name for path in files_of(elsewhere)] == ["read.db", "keys.db"]


def test_a_service_that_begins_reads_its_databases_ahead(store, asked, monkeypatch):
    monkeypatch.setattr(reading_ahead, "available", lambda: 1 << 40)
    done = threading.Event()
    monkeypatch.setattr(reading_ahead.logger, "info", lambda *_, **__: done.set())
    with reading_ahead.reading_ahead(store.settings):
        assert done.wait(30)
    assert {name for name, _, _ in asked} == {"read.db", "log.db", "keys.db"}


def test_what_is_available_is_what_the_system_says(tmp_path):
    told = tmp_path / "meminfo"
    told.write_text("MemTotal:       100 kB\nMemAvailable:    40 kB\n")
    assert available(told) == 40 * 1024
    assert available(tmp_path / "none") == 0
