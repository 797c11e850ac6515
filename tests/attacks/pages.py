"""What a browser would find in a page: forms, refreshes, scripts and the error that the page reports."""

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass(slots=True)
class Form:
    """A form with the values it would send, untouched; `choices` are the values of its radio buttons by name."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)


class Page(HTMLParser):
    """A page, read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.refreshes: list[str] = []
        self.inline_script = ""
        self.loads_script = False
        self.error: str | None = None
        self._in_script = False
        self.feed(text)

    def form(self, path: str) -> Form:
        """The form that posts to this path, whatever its query. Raises LookupError."""
        for form in self.forms:
            if form.action.partition("?")[0] == path:
                return form
        raise LookupError(f"no form posts to {path}")

    def posts_to(self, path: str) -> bool:
        """Whether there is a form that posts to this path."""
        return any(form.action.partition("?")[0] == path for form in self.forms)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.error = values.get("data-error", self.error)
        if tag == "form":
            self.forms.append(Form(values.get("action", "")))
        elif tag == "input" and self.forms:
            self._note_input(self.forms[-1], values)
        elif tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self.refreshes.append(values.get("content", ""))
        elif tag == "script":
            self._in_script, self.loads_script = True, self.loads_script or "src" in values

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.inline_script += data

    @staticmethod
    def _note_input(form: Form, values: dict[str, str]) -> None:
        name, value = values.get("name", ""), values.get("value", "")
        if values.get("type") == "radio":
            form.choices.setdefault(name, []).append(value)
        elif values.get("type") == "hidden":
            form.fields[name] = value
