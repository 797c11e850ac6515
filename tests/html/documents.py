"""Reads a page as a browser would: elements with their attributes, and the text a person sees."""

from html.parser import HTMLParser


class Document(HTMLParser):
    """The elements of a page in order, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs), f"an attribute is repeated on <{tag}>: {attrs}"
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *tags: str) -> list[dict[str, str]]:
        """The attributes of every element with one of the tags."""
        return [attributes for tag, attributes in self.elements if tag in tags]

    def forms(self) -> list[tuple[dict[str, str], list[dict[str, str]]]]:
        """Each form's attributes, with those of the inputs, selects and buttons in it."""
        forms: list[tuple[dict[str, str], list[dict[str, str]]]] = []
        for tag, attributes in self.elements:
            if tag == "form":
                forms.append((attributes, []))
            elif forms and tag in ("input", "select", "button"):
                forms[-1][1].append(attributes)
        return forms
