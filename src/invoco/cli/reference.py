"""`invoco docs`: the parts of the reference that are written from the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Write the reference from the code.", no_args_is_help=True)


@app.command("write")
def write(folder: Annotated[Path, typer.Argument(help="Where the pages go.", file_okay=False)]) -> None:
    """Write commands.md, settings.md, operations.md, errors.md and transforms.md."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"{folder / name} written.")


def pages() -> dict[str, str]:
    """Every page of the reference by file name."""
    return {
        "commands.md": _page("Commands", _commands()),
        "settings.md": _page("Settings", _settings()),
        "operations.md": _page("Operations", _operations()),
        "errors.md": _page("Errors", _errors()),
        "transforms.md": _page("Transforms", _transforms()),
    }


def _page(title: str, sections: Iterator[str]) -> str:
    return f"# {title}\n\nWritten by `make docs` from the code.\n\n" + "\n".join(sections)


def _commands() -> Iterator[str]:
    from invoco.cli import app as whole

    root: Any = typer.main.get_command(whole)
    yield from _command_sections(root, "invoco")


def _command_sections(command: Any, path: str) -> Iterator[str]:
    children = getattr(command, "commands", {})
    if not children:
        yield f"## `{path}`\n\n{command.help}\n\n" + "".join(_parameters(command))
    for name, child in children.items():
        yield from _command_sections(child, f"{path} {name}")


def _parameters(command: Any) -> Iterator[str]:
    for parameter in command.params:
        spelled = ", ".join(parameter.opts) if parameter.opts[0].startswith("-") else parameter.name.upper()
        yield f"- `{spelled}`: {getattr(parameter, 'help', None) or ''}\n"


def _settings() -> Iterator[str]:
    from invoco.settings import Settings

    for name, field in Settings.model_fields.items():
        default = "" if field.default_factory or field.default is None else f" Default: `{field.default}`."
        yield f"## `{name}`\n\n{field.description}{default} Variable: `INVOCO_{name.upper()}`.\n"


def _operations() -> Iterator[str]:
    from invoco.highlevel.operations import OPERATIONS

    for operation in OPERATIONS.values():
        scope = f"Scope `{operation.scope}`." if operation.scope else "No scope published."
        body = ", ".join(f"`{field.name}`" + ("*" if field.required else "") for field in operation.body or ())
        fields = f" Body: {body}." if body else ""
        yield f"## `{operation.id}`\n\n{operation.title}: `{operation.method} {operation.path}`. {scope}{fields}\n"


def _errors() -> Iterator[str]:
    from invoco.domain.errors import InvocoError
    from invoco.highlevel.errors import HighLevelError

    for root in (InvocoError, HighLevelError):
        for kind in _descendants(root):
            yield f"## `{kind.__name__}`\n\n{(kind.__doc__ or '').splitlines()[0]} {kind.cure}\n"


def _transforms() -> Iterator[str]:
    from invoco.mapping import TRANSFORMS

    for transform in TRANSFORMS.values():
        back = "Can flow both ways." if transform.has_inverse else "One way only."
        types = f"From {transform.takes.value} to {transform.gives.value}."
        options = "".join(_options(transform.options))
        examples = "".join(_examples(transform))
        yield f"## `{transform.name}`\n\n{transform.description} {types} {back}\n\n{options}{examples}"


def _options(options: Any) -> Iterator[str]:
    import msgspec

    for field in msgspec.structs.fields(options):
        default = "*" if field.required else f": {_literal(field.default)}"
        yield f"- option `{field.encode_name}`{default}\n"


def _examples(transform: Any) -> Iterator[str]:
    for example in transform.examples:
        options = "".join(f", {name} = {_literal(value)}" for name, value in example.options.items())
        step = f'{{ use = "{transform.name}"{options} }}' if options else f'"{transform.name}"'
        yield f"- `{step}` makes `{_literal(example.result)}` of `{_literal(example.given)}`\n"


def _literal(value: Any) -> str:
    from invoco.mapping.writing import toml_value

    return "nothing" if value is None else toml_value(list(value) if isinstance(value, tuple) else value)


def _descendants(kind: Any) -> Iterator[Any]:
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == kind.__module__:
            yield from _descendants(child)
