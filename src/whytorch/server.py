"""The language server: what the source alone proves, shown in an editor as one types.

`whytorch server` speaks the Language Server Protocol on its standard streams. Findings are
diagnostics; a repair that the source alone proves is a code action. Needs `whytorch[server]`.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import TextDocument

from whytorch import scan, version
from whytorch.records import Finding, Place
from whytorch.reports._changes import changes
from whytorch.reports._text import sentence
from whytorch.script import ScriptError

_SEVERITY = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "advice": lsp.DiagnosticSeverity.Information,
}


def serve() -> None:
    """Serve one editor, until it says that it is done."""
    logging.getLogger("pygls").setLevel(logging.ERROR)  # what an editor shows is for its user
    made().start_io()


def made() -> LanguageServer:
    """A server with its features."""
    server = LanguageServer("whytorch", version.installed())
    known: dict[str, tuple[Finding, ...]] = {}  # of each open document

    def publish(uri: str) -> None:
        document = server.workspace.get_text_document(uri)
        known[uri] = _found(document, server)
        server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(
                uri, [_diagnostic(f, document) for f in known[uri]], document.version
            )
        )

    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: lsp.DidOpenTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: lsp.DidChangeTextDocumentParams) -> None:
        publish(params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: lsp.DidSaveTextDocumentParams) -> None:
        for uri in known:  # others may import what was saved
            publish(uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: lsp.DidCloseTextDocumentParams) -> None:
        known.pop(params.text_document.uri, None)
        told = lsp.PublishDiagnosticsParams(params.text_document.uri, [])
        server.text_document_publish_diagnostics(told)

    @server.feature(
        lsp.TEXT_DOCUMENT_CODE_ACTION,
        lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix]),
    )
    def actions(params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
        uri = params.text_document.uri
        document = server.workspace.get_text_document(uri)
        return list(_actions(known.get(uri, ()), document, params.range, server))

    return server


def _found(document: TextDocument, server: LanguageServer) -> tuple[Finding, ...]:
    """What the text of the document proves, together with the others that are open."""
    path = to_fs_path(document.uri)
    if path is None or not path.endswith((".py", ".pyw")) or not os.path.isfile(path):
        return ()  # the lines of a notebook's file are not those of its cells
    try:
        found = scan.check([path], texts=_texts(server), force_exclude=True)
    except ScriptError:  # wrong settings in a pyproject.toml: the command says so
        return ()
    return tuple(f for f in found.findings if f.places and f.places[0].path == path)


def _texts(server: LanguageServer) -> dict[str, bytes]:
    texts = {}
    for uri, document in server.workspace.text_documents.items():
        path = to_fs_path(uri)
        if path is not None:
            texts[path] = document.source.encode("utf-8", "surrogatepass")
    return texts


def _diagnostic(finding: Finding, document: TextDocument) -> lsp.Diagnostic:
    said = sentence(finding.says)
    if finding.fix is not None:
        said += f"\n{sentence(finding.fix.says)}"
    others = [p for p in finding.places[1:] if p.path == finding.places[0].path]
    return lsp.Diagnostic(
        range=_range(finding.places[0], document),
        message=said,
        severity=_SEVERITY[finding.severity],
        code=finding.id,
        source="whytorch",
        related_information=[
            lsp.DiagnosticRelatedInformation(
                lsp.Location(document.uri, _range(place, document)), sentence(finding.title)
            )
            for place in others
        ]
        or None,
    )


def _actions(
    findings: tuple[Finding, ...], document: TextDocument, asked: lsp.Range, server: LanguageServer
) -> Iterator[lsp.CodeAction]:
    for finding in findings:
        shown = _range(finding.places[0], document)
        if shown.end.line < asked.start.line or asked.end.line < shown.start.line:
            continue
        edits = _edits(finding, server)
        if finding.fix is None or not edits:
            continue
        caution = "" if finding.fix.safe else f" (look at it: {finding.fix.unsafe})"
        yield lsp.CodeAction(
            title=sentence(f"whytorch: {finding.fix.says}{caution}"),
            kind=lsp.CodeActionKind.QuickFix,
            diagnostics=[_diagnostic(finding, document)],
            is_preferred=bool(finding.fix.safe),
            edit=lsp.WorkspaceEdit(changes=edits),
        )


def _edits(finding: Finding, server: LanguageServer) -> dict[str, list[lsp.TextEdit]]:
    if finding.fix is None:
        return {}
    where = {touched.path: touched.absolute for touched in finding.fix.touched}
    edits: dict[str, list[lsp.TextEdit]] = {}
    for change in changes(finding.fix):
        uri = from_fs_path(where.get(change.path, change.path))
        if uri is None:
            return {}
        document = server.workspace.get_text_document(uri)
        span = lsp.Range(
            lsp.Position(change.line - 1, change.column),
            lsp.Position(change.end_line - 1, change.end_column),
        )
        edit = lsp.TextEdit(document.range_to_client_units(span), change.text)
        edits.setdefault(uri, []).append(edit)
    return edits


def _range(place: Place, document: TextDocument) -> lsp.Range:
    """From the place's first character to the end of its last line, in the editor's units."""
    lines = document.lines
    first, last = place.line - 1, (place.end_line or place.line) - 1
    end = len(lines[last].rstrip("\r\n")) if last < len(lines) else 0
    whole = lsp.Range(lsp.Position(first, place.column or 0), lsp.Position(last, end))
    return document.range_to_client_units(whole)
