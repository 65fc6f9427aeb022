"""Field rules: from HighLevel's record to Invoco's and back, as pure functions.

A document (TOML or JSON) is read, checked against what a location has defined, and compiled:

    mapping = compiled(read_toml(text), definitions)
    outcome = mapping.inward(RecordKind.CONTACT, theirs, held)
"""

from invoco.mapping.checking import check
from invoco.mapping.definitions import Definitions
from invoco.mapping.differences import diff
from invoco.mapping.document import Document, KindRules, Rule
from invoco.mapping.drift import drift
from invoco.mapping.mapping import Mapping, Outcome, compiled
from invoco.mapping.previews import FieldChange, Preview, PreviewRow, preview
from invoco.mapping.problems import FieldProblem, Problem
from invoco.mapping.reading import read_json, read_toml
from invoco.mapping.schema import document_schema
from invoco.mapping.transforms import TRANSFORMS
from invoco.mapping.writing import to_json, to_toml

__all__ = [
    "TRANSFORMS",
    "Definitions",
    "Document",
    "FieldChange",
    "FieldProblem",
    "KindRules",
    "Mapping",
    "Outcome",
    "Preview",
    "PreviewRow",
    "Problem",
    "Rule",
    "check",
    "compiled",
    "diff",
    "document_schema",
    "drift",
    "preview",
    "read_json",
    "read_toml",
    "to_json",
    "to_toml",
]
