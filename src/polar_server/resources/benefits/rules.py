"""What a benefit must keep to beyond its shape."""

from polar_server.resource_server.benefits import DownloadablesProperties, Visibility, is_visibility_configurable
from polar_server.resource_server.errors import Issue, RequestValidationError, invalid

_PRIVATE = frozenset({"feature_flag"})
"""Types of which customers see nothing unless the organization wants it."""


def visibility_for(benefit_type: str, sent: Visibility | None) -> Visibility:
    """The visibility of a benefit of this type. Raises RequestValidationError for one that it cannot have."""
    if sent is None:
        return "private" if benefit_type in _PRIVATE else "public"
    if sent != "public" and not is_visibility_configurable(benefit_type):
        raise invalid("visibility", "Benefits of this type are always public.", "value_error", sent)
    return sent


def check_type(current: str, sent: str) -> None:
    """A change repeats the type. Raises RequestValidationError."""
    if sent != current:
        raise invalid("type", f"The type of a benefit cannot change; this one is {current}.", "value_error", sent)


def check_files(sent: DownloadablesProperties, known: frozenset[str]) -> None:
    """The files are downloadable ones of the organization. Raises RequestValidationError, naming every other one."""
    issues = [
        Issue(("body", "properties", "files", index), "There is no such downloadable file.", input=file_id)
        for index, file_id in enumerate(sent.files)
        if file_id not in known
    ]
    if issues:
        raise RequestValidationError(issues)


def tidy(sent: DownloadablesProperties) -> DownloadablesProperties:
    """Each file once, and nothing said of files that are not there."""
    files = list(dict.fromkeys(sent.files))
    archived = {file_id: sent.archived[file_id] for file_id in files if file_id in sent.archived}
    return DownloadablesProperties(files, archived)
