"""What `whytorch fix` says: the diff of every repair, with what is known about it."""

from __future__ import annotations

from whytorch.records import Finding, Report
from whytorch.reports._text import clean


def render(report: Report, encoding: str = "utf-8") -> str:
    """A patch that `git apply` reads; all that is no diff stands in lines that begin with #."""
    lines = [f"# {clean(report.verdict.headline, encoding)}"]
    mended = [f for f in report.findings if f.fix is not None and f.fix.diff]
    for finding in mended:
        lines += ["", *(f"# {clean(line, encoding)}" for line in _about(finding))]
        lines += patch((finding.fix.diff if finding.fix else None) or "").split("\n")[:-1]
    others = [f for f in report.findings if f.severity != "advice" and f not in mended]
    if others:
        lines += ["", "# To be mended by hand:"]
    for finding in others:
        says = finding.fix.says if finding.fix is not None else finding.says
        where = f"{finding.places[0]}: " if finding.places else ""
        lines.append(f"#   {clean(f'{where}{says}', encoding)}")
        code = finding.fix.code if finding.fix is not None else ""
        lines += [f"#     | {clean(line, encoding)}" for line in code.split("\n") if code]
        if finding.fix is not None and finding.fix.refused:
            lines.append(f"#     (no diff: {clean(finding.fix.refused, encoding)})")
    return "\n".join(lines) + "\n"


def patch(diff: str) -> str:
    """The diff with nothing in it that a terminal would obey; tabs stay."""
    return "".join(c if c in "\n\t" or c.isprintable() else "?" for c in diff)


def _about(finding: Finding) -> list[str]:
    assert finding.fix is not None
    proof = finding.verification
    tried = "not tried on a copy"
    if proof is not None:
        tried = "it kept its promise, twice" if proof.kept else "it did not keep its promise"
    safe = "safe" if finding.fix.safe else f"not safe: {finding.fix.unsafe}"
    return [f"{finding.rank}. {finding.title} ({finding.id})", f"   {tried}; {safe}"]
