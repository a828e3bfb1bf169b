"""A page read back: its tags, texts and tables."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link", "input"}


@dataclass
class Read:
    """One cell of a table: its text, and the full value shown on hover."""

    text: str = ""
    title: str = ""


@dataclass
class Page(HTMLParser):
    """Checks that tags close in order while it collects."""

    stack: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    tables: list[list[list[Read]]] = field(default_factory=list)
    text: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.ids += [value for name, value in attrs if name == "id" and value]
        self.links += [held[name] or "" for name in ("href", "src", "xlink:href") if name in held]
        if tag not in VOID:
            self.stack.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append(Read(title=held.get("title") or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.stack.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.stack or self.stack.pop() != tag:
            self.faults.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data
        if self.stack and self.stack[-1] in ("td", "th"):
            self.tables[-1][-1][-1].text += data

    def table(self, *columns: str) -> list[list[Read]]:
        """Rows of the first table that has these columns."""
        for table in self.tables:
            head = [cell.text for cell in table[0]]
            if all(column in head for column in columns):
                return table[1:]
        raise LookupError(f"no table with {columns}")


def read(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page
