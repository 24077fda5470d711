"""What a side answers: scored pairs, clusters, and how long each stage of it took."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]


class Stage(msgspec.Struct, frozen=True):
    """One stage of a side's work, in seconds."""

    name: str
    wall: float
    cpu: float
    """Of all threads of the process together."""


@dataclass(slots=True)
class Answer:
    """Pairs with their probability, and the clusters made of them."""

    left: Ints
    right: Ints
    probability: npt.NDArray[np.float64]
    linked: npt.NDArray[np.bool_]
    """Which pairs the side links as it is shipped, each by itself."""
    clusters: Ints
    """The number of each record's cluster."""
    peak: float
    """The most memory held until the clusters were there, in MB."""
    compared: int = 0
    """Pairs that were compared."""
    referred: int | None = None
    """Pairs left to a steward, where the side has such an answer."""


@dataclass(slots=True)
class Watch:
    """Times the stages of a side, and knows its peak of memory when asked."""

    stages: list[Stage] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.stages.append(Stage(name, time.perf_counter() - wall, time.process_time() - cpu))

    def peak(self) -> float:
        """The most memory held until now, in MB."""
        return _peak()


class Told(msgspec.Struct, frozen=True):
    """What an answer says beside its arrays."""

    stages: list[Stage]
    peak: float
    compared: int
    referred: int | None


def write(path: Path, answer: Answer, stages: list[Stage]) -> None:
    """Keep an answer for the scoring, which is another process."""
    np.savez(
        path.with_suffix(".npz"),
        left=answer.left,
        right=answer.right,
        probability=answer.probability,
        linked=answer.linked,
        clusters=answer.clusters,
    )
    told = Told(stages, answer.peak, answer.compared, answer.referred)
    path.with_suffix(".json").write_bytes(msgspec.json.encode(told))


def read(path: Path) -> tuple[Answer, list[Stage]]:
    """An answer that was kept, and the stages that led to it."""
    told = msgspec.json.decode(path.with_suffix(".json").read_bytes(), type=Told)
    with np.load(path.with_suffix(".npz")) as stored:
        answer = Answer(
            stored["left"],
            stored["right"],
            stored["probability"],
            stored["linked"],
            stored["clusters"],
            told.peak,
            told.compared,
            told.referred,
        )
        return answer, told.stages


def held(process: int) -> float:
    """How much memory another process holds now, in GB; 0 where the system does not say."""
    return _stated(f"/proc/{process}/status", "VmRSS") / (1 << 20)


def _peak() -> float:
    """The most memory that this process has held, in MB."""
    # What a parent held before it started this process is not counted there.
    if peak := _stated("/proc/self/status", "VmHWM"):
        return peak / 1024
    import resource  # noqa: PLC0415 - not on Windows

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / (1 << 20)


def _stated(status: str, name: str) -> int:
    """A figure of Linux's status of a process, in kB; 0 where it has none."""
    try:
        lines = Path(status).read_text(encoding="ascii", errors="replace").splitlines()
    except FileNotFoundError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(name)), 0)
