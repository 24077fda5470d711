"""The drop folders: one for each night, in it one for each source, and the truth beside them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import IO, Final

from contactpoint.synth.agencies.health import Patient
from contactpoint.synth.agencies.schools import Census
from contactpoint.synth.agencies.social_care import Case
from contactpoint.synth.days import FIRST_NIGHT
from contactpoint.synth.families import Child
from contactpoint.synth.writers import csc, pds_fhir, school_census

HEALTH: Final = "pds"
SCHOOLS: Final = "schools"

README: Final = """\
An invented population and what three agencies say of it. No person in it exists.

night-01, night-02, ...   what arrives each night: <source>/<feed>.<effective date>[.serial].<ext>
  pds/                    health.pds-fhir: all patients on the first night, then those changed
  schools/                school.census: one file for each school and term; the serial is the
                          school's LAESTAB, a dash, and the serial number of its return
  la-201/, ...            social-care.csc: one authority's children, all on the first night, then
                          those changed or purged
truth.csv                 which person each record is of: source,record_id,person
persons.csv               who each person is: naming system, birth date, sex, births, family

A child adopted out of one identity into another is two persons, and they must never be linked.
"""


class Folders:
    """Writes everything under one folder. Use it as a context: files are whole only at its end."""

    def __init__(self, outdir: Path, nights: int) -> None:
        self._out = outdir
        self._nights = nights
        self._open = ExitStack()
        self.files = 0
        self.records = 0

    def __enter__(self) -> "Folders":
        """Make the folders and begin the files that stay open throughout."""
        self._out.mkdir(parents=True, exist_ok=True)
        (self._out / "README.txt").write_text(README, encoding="utf-8", newline="\n")
        self._truth = self._text("truth.csv", "source,record_id,person\n")
        self._persons = self._text("persons.csv", "person,naming,born,expected,sex,births,family\n")
        self._patients = {
            night: self._open.enter_context(
                self.file(night, HEALTH, f"health.pds-fhir.{day_of(night)}.ndjson").open("wb")
            )
            for night in range(1, self._nights + 1)
        }
        return self

    def __exit__(self, *_: object) -> None:
        """Close all files; a night without a changed patient sends no file of them."""
        self._open.close()
        for written in self._patients.values():
            path = Path(written.name)
            if path.stat().st_size == 0:
                path.unlink()
                self.files -= 1

    def person(self, child: Child) -> None:
        """Write who a person is."""
        born = date.fromordinal(child.born).isoformat()
        dates = f",{born}" if child.expected else f"{born},"
        self._persons.write(
            f"{child.person},{child.family.community.key},{dates},{child.sex},{child.births},"
            f"f{child.family.number:08d}\n"
        )

    def patient(self, night: int, patient: Patient) -> None:
        """Write one version of a health record."""
        self._patients[night].write(pds_fhir.lines(patient))

    def census(self, census: Census) -> None:
        """Write one school's census."""
        name = f"school.census.{census.term[2]}.{census.laestab}-{census.serial:03d}.xml"
        with self.file(census.night, SCHOOLS, name).open("w", encoding="utf-8", newline="\n") as f:
            f.writelines(school_census.text(census))

    @contextmanager
    def authority(self, code: str) -> Iterator["Payloads"]:
        """Open the payloads of one authority, one for each night that has any."""
        with ExitStack() as stack:
            payloads = Payloads(self, code, stack)
            yield payloads
            payloads.end()

    def truth(self, source: str, record: str, person: str) -> None:
        """Write which person a record is of; once for each record."""
        self._truth.write(f"{source},{record},{person}\n")
        self.records += 1

    def file(self, night: int, source: str, name: str) -> Path:
        """Give the path of a new file, its folder made."""
        folder = self._out / f"night-{night:02d}" / source
        folder.mkdir(parents=True, exist_ok=True)
        self.files += 1
        return folder / name

    def _text(self, name: str, header: str) -> IO[str]:
        file = (self._out / name).open("w", encoding="utf-8", newline="\n")
        self._open.enter_context(file)
        file.write(header)
        return file


class Payloads:
    """The payloads of one authority, opened as they are needed."""

    def __init__(self, folders: Folders, code: str, stack: ExitStack) -> None:
        self._folders, self._code, self._stack = folders, code, stack
        self._files: dict[int, IO[bytes]] = {}

    def case(self, night: int, case: Case) -> None:
        """Write one state of a case."""
        file = self._files.get(night)
        if file is None:
            source = f"la-{self._code}"
            name = f"social-care.csc.{day_of(night)}.json"
            file = self._stack.enter_context(self._folders.file(night, source, name).open("wb"))
            self._files[night] = file
            file.write(csc.opening(self._code))
        else:
            file.write(b",\n")
        file.write(csc.child(case))

    def end(self) -> None:
        """End every payload."""
        for file in self._files.values():
            file.write(csc.CLOSING)


def day_of(night: int) -> str:
    """Give the day of a night, the first being 1."""
    return (FIRST_NIGHT + timedelta(days=night - 1)).isoformat()
