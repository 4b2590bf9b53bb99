"""The report as JUnit XML, for the test pages of CI servers: a test case for each check.

An error or a warning is a failure, advice is a test case that passed with a text, and what could
not be judged is skipped. The test case `verdict` fails where something is wrong that no finding
says, so that a green page means what exit code 0 means.
"""

from __future__ import annotations

from xml.etree import ElementTree

from whytorch.records import Finding, NotJudged, Report
from whytorch.reports._text import clean, sentence

_SUITE = "whytorch"


def render(report: Report) -> str:
    """One test suite, in ASCII (so that no locale can spoil it)."""
    cases = [_verdict(report), *map(_found, report.findings)]
    cases += [_case(_SUITE, id) for id in report.sound]
    cases += map(_skipped, report.not_judged)
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
    }
    if report.seconds.total is not None:
        counts["time"] = f"{report.seconds.total:.3f}"
    suites = ElementTree.Element("testsuites", {"name": _SUITE, **counts})
    name = sentence(" ".join((report.script.path, *report.script.args)))
    suite = ElementTree.SubElement(suites, "testsuite", {"name": name or _SUITE, **counts})
    suite.extend(cases)
    ElementTree.indent(suites)
    text: bytes = ElementTree.tostring(suites, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


def _verdict(report: Report) -> ElementTree.Element:
    case = _case(_SUITE, "verdict")
    headline = sentence(report.verdict.headline)
    if report.verdict.kind == "not-judged":
        ElementTree.SubElement(case, "skipped", {"message": headline})
    elif report.verdict.kind == "nothing-found" or any(map(_fails, report.findings)):
        ElementTree.SubElement(case, "system-out").text = headline
    else:
        ElementTree.SubElement(case, "failure", {"message": headline, "type": report.verdict.kind})
    return case


def _found(finding: Finding) -> ElementTree.Element:
    case = _case(finding.area, finding.id)
    if finding.places:
        case.set("file", sentence(finding.places[0].path))
        case.set("line", str(finding.places[0].line))
    if _fails(finding):
        attributes = {"message": sentence(finding.says), "type": finding.severity}
        ElementTree.SubElement(case, "failure", attributes).text = _told(finding)
    else:
        ElementTree.SubElement(case, "system-out").text = _told(finding)
    return case


def _skipped(item: NotJudged) -> ElementTree.Element:
    case = _case(_SUITE, item.id)
    ElementTree.SubElement(case, "skipped", {"message": sentence(item.reason)})
    return case


def _case(area: str, id: str) -> ElementTree.Element:
    name = area if area == _SUITE else f"{_SUITE}.{area.replace(' ', '_')}"
    return ElementTree.Element("testcase", {"classname": name, "name": sentence(id), "time": "0"})


def _fails(finding: Finding) -> bool:
    return finding.severity != "advice"


def _told(finding: Finding) -> str:
    lines = [f"{finding.title} ({finding.severity}, {finding.grade})", finding.says]
    lines += [f"at {place}" for place in finding.places]
    if finding.why:
        lines.append(f"Why it hurts: {finding.why}")
    if finding.fix is not None:
        lines.append(f"Change: {finding.fix.says}")
    told = [sentence(line) for line in lines]
    if finding.fix is not None and finding.fix.diff:
        told += [clean(line) for line in finding.fix.diff.split("\n")]
    return "\n".join(told)
