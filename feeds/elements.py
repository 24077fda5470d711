"""The elements of an XML return, one after another, each of bounded size and without entities."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from lxml import etree

from feeds.submission import FeedError
from feeds.text import Limits, Metered, encoding_of, head_text
from feeds.values import LONGEST, header_moment
from person.dates import DateError
from person.names import clean

Element = etree._Element
Leaves = dict[str, str]
"""Texts of the innermost elements, by local name."""


class Return:
    """An XML file of one of the returns, read element by element as often as is asked."""

    def __init__(self, path: Path, limits: Limits, roots: tuple[str, ...], what: str) -> None:
        """Look at encoding and beginning. Raises FeedError where it is no XML or has a DOCTYPE.

        ``roots`` are the local names that its root may have (none: any), ``what`` names the return
        in errors.
        """
        self.name = path.name
        self._path, self._limits, self._roots, self._what = path, limits, roots, what
        self._encoding = self._insisted()

    def elements(self, *names: str) -> Iterator[tuple[Element, str]]:
        """Give each element of these local names as it ends, and empty it when done with."""
        file = Metered(self._path, "", self._limits)
        context = etree.iterparse(
            file,
            events=("end",),
            tag=[f"{{*}}{name}" for name in names],
            encoding=self._encoding,
            resolve_entities=False,
            load_dtd=False,
            no_network=True,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        passed: Counter[str] = Counter()
        name = ""
        file.place = lambda: f"after {name} {passed[name]}" if name else ""
        try:
            for _, element in context:
                if not passed:
                    self._refuse_others(element.getroottree().getroot())
                name = local(element)
                passed[name] += 1
                yield element, name
                file.ended()
                element.clear()
                parent = element.getparent()
                while parent is not None and element.getprevious() is not None:
                    del parent[0]
            self._refuse_others(context.root)
        except etree.XMLSyntaxError:
            line = max((each.line for each in context.error_log), default=1)
            kind = next((each.type_name for each in context.error_log), "")
            where = ", ".join(part for part in (f"line {line}", file.place()) if part)
            expected = _EXPECTED.get(kind, "well-formed XML, whole")
            raise FeedError(self.name, where, "", expected) from None
        finally:
            file.close()

    def _insisted(self) -> str | None:
        """Give the encoding to insist on: only where a file is not in the one that it declares."""
        found = encoding_of(self._path, self._limits)
        with self._path.open("rb") as file:
            text = head_text(file.read(4096))
        if not text.lstrip().startswith("<"):
            raise FeedError(self.name, "line 1", "", f"an XML document of {self._what}")
        if text[:1].isspace() and text.lstrip().startswith("<?xml"):
            expected = "the XML declaration at the very beginning, no white space before it"
            raise FeedError(self.name, "line 1", "", expected)
        before, doctype, _ = _COMMENT.sub(_blank, text.upper()).partition("<!DOCTYPE")
        if doctype:
            line = before.count("\n") + 1
            raise FeedError(self.name, f"line {line}", "", _NO_DOCTYPE)
        declared = text.partition("?>")[0].lower() if text.startswith("<?xml") else ""
        if "utf-16" in declared and found != "utf-16":
            raise FeedError(self.name, "line 1", "encoding", "UTF-16, which it declares")
        is_utf8 = "encoding" not in declared or "utf-8" in declared
        return "windows-1252" if found == "cp1252" and is_utf8 else None

    def _refuse_others(self, root: Element | None) -> None:
        """Raise FeedError for a document with a DOCTYPE, or of another kind."""
        if root is not None and root.getroottree().docinfo.internalDTD is not None:
            where = f"before line {root.sourceline}, root element"
            raise FeedError(self.name, where, "", _NO_DOCTYPE)
        if root is None or (self._roots and local(root) not in self._roots):
            expected = f"{' or '.join(self._roots)}, as {self._what} has it"
            raise FeedError(self.name, "root element", "", expected)


_NO_DOCTYPE: Final = "an XML document without a DOCTYPE"
_COMMENT: Final = re.compile("<!--.*?-->", re.DOTALL)
# What libxml2 says (its names of errors) -> what would be right. Its own texts may hold values.
_EXPECTED: Final = {
    "ERR_RESOURCE_LIMIT": "elements nested at most 256 deep, each text below 10 MB",
    "ERR_UNDECLARED_ENTITY": "no entities but those of XML itself",
    "ERR_UNSUPPORTED_ENCODING": "an encoding that is known",
    "ERR_UNKNOWN_ENCODING": "an encoding that is known",
    "ERR_INVALID_ENCODING": "text in the encoding that it declares",
    "ERR_INVALID_CHAR": "characters that XML allows",
    "ERR_DOCUMENT_END": "one root element, and the document's end after it",
    "NS_ERR_UNDEFINED_NAMESPACE": "prefixes of namespaces that are declared",
}


def _blank(comment: "re.Match[str]") -> str:
    return "\n" * comment[0].count("\n")


_TAG: Final = re.compile(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*)")
_COLLECTION: Final = re.compile(r"<(?:[\w.-]+:)?Collection\b[^>]*>\s*(\w+)")


def names_in(head: bytes) -> frozenset[str]:
    """Give the local names of the elements at the beginning of a file; none where it is no XML."""
    text = head_text(head).lstrip()
    return frozenset(_TAG.findall(text)) if text.startswith("<") else frozenset()


def collection_in(head: bytes) -> str:
    """Give the collection that the header of a return names, in capitals; nothing where none."""
    found = _COLLECTION.search(head_text(head))
    return found[1].upper() if found else ""


def leaves(element: Element) -> Leaves:
    """Give the first text under each local name below an element."""
    found: Leaves = {}
    for node in element.iter("*"):
        text = node.text.strip() if node.text else ""
        if text and not len(node):
            found.setdefault(local(node), text)
    return found


def written_whole(element: Element) -> bytes:
    """Give an element as it stands, with all that is in it."""
    return etree.tostring(element, with_tail=False)


def written(node: Element) -> str:
    """Give the clean text of an innermost element, empty where there is none."""
    return clean(node.text[:LONGEST]) if node.text else ""


def effective_of(file: str, header: Leaves, *names: str) -> str:
    """Give the date, or the time, that a header states first of these names; nothing if none."""
    for name in names:
        if text := header.get(name):
            try:
                return header_moment(text)
            except DateError as broken:
                raise FeedError(file, "Header", name, broken.expected) from None
    return ""


def serial_of(header: Leaves) -> int:
    """Give the serial number of a return, 0 where its header has none."""
    serial = header.get("SerialNo", "")
    is_number = serial.isascii() and serial.isdigit() and len(serial) < 19
    return int(serial) if is_number else 0


_LOCALS: Final[dict[str, str]] = {}


def local(element: Element) -> str:
    """Give an element's name without its namespace."""
    tag = element.tag
    name = _LOCALS.get(tag)
    if name is None:
        name = tag.rpartition("}")[2]
        if len(_LOCALS) < 5000:
            _LOCALS[tag] = name
    return name
