"""The one page that calls the rooms in order: script, evidence, checks, findings, report."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import asdict, replace

from whytorch import catalog, mending, planning, saved, script, version
from whytorch.evidence import reading, rehearsal
from whytorch.evidence.elsewhere import Elsewhere
from whytorch.evidence.facts import EXPERIMENTS, Bench, LossCalls, Passes, Run, Training
from whytorch.evidence.session import Session
from whytorch.evidence.source import Source, read_source
from whytorch.findings import (
    costs,
    crashes,
    cut_short,
    notes,
    proofs,
    ranking,
    ranks,
    suppressed,
    symptoms,
    verdict,
)
from whytorch.findings.expectation import Answer, judge_expectation
from whytorch.records import (
    Experiment,
    Finding,
    Metrics,
    NotJudged,
    Options,
    Place,
    Progress,
    ProgressState,
    Report,
    RunSummary,
    ScriptInfo,
    Seconds,
    TimeLapse,
    Verdict,
    Verification,
)
from whytorch.script.cells import in_cells
from whytorch.script.settings import Nearest

load = saved.load


def diagnose(
    target: str,
    args: Sequence[str] = (),
    *,
    module: bool = False,
    options: Options | None = None,
    progress: Progress | None = None,
) -> Report:
    """Why does this script not produce the expected results?

    `target` is a path, or a module name with `module=True`; `args` are the script's own.
    Raises `whytorch.script.ScriptError` if there is no script to read.
    """
    options = options or Options()
    started = time.monotonic()
    _tell(progress, ProgressState("reading", budget=options.budget, next="start the script"))
    read = script.read(target, args, module=module)
    source = read_source(read)
    source_seconds = time.monotonic() - started
    absolute = str(read.absolute)
    settings = Nearest().of(absolute)
    off = (*options.ignore, *settings.ignored_in(absolute))
    checks = catalog.settled(settings, options.select, off)
    folder = saved.new_run(target)
    saved.keep_sources(((file.path, file.text) for file in read.files), folder)
    lab = Laboratory(options, checks, source, progress)
    rehearsed = _rehearse(target, args, module, options, folder, progress, lab)
    _tell(progress, ProgressState("checking", budget=options.budget, next="the answer"))
    evidence = evidence_of(rehearsed, source)
    report = judge(evidence, checks, options.expect)
    mended: float | None = None
    if options.fix:
        with Elsewhere(options.workers) as others:
            begin = _copies(target, args, module, options, source, checks, others)
            copies = mending.Copies(begin, folder, ahead=options.workers is not None)

            def tell(finding: Finding) -> None:
                copies.finding = finding.id
                _tell(progress, _mends(finding, options))

            report, mended = mending.mend(
                report,
                source,
                checks,
                options,
                lambda proofs: judge(evidence, checks, options.expect, proofs),
                copies,
                rehearsed.seconds,
                tell,
            )
    report = replace(
        in_cells(report, read.files[0].path, read.files[0].cells),
        script=ScriptInfo(target, tuple(args), read.sha256),
        notes=(*report.notes, *read.notes),
        seconds=Seconds(
            source=source_seconds,
            rehearsal=rehearsed.seconds,
            lab=lab.seconds,
            verify=mended,
            total=time.monotonic() - started,
        ),
        saved=str(folder),
        version=version.installed(),
    )
    return stored(report, folder)


def stored(report: Report, folder: Path) -> Report:
    """The report, kept beside its run with its page. A fault in the page costs the page, and is
    told. Raises OSError where the report cannot be written."""
    from whytorch.reports import page  # late: templates take a moment

    try:
        page.keep(report, folder)
    except Exception as error:
        note = f"The page could not be written: {type(error).__name__}: {error}"
        report = replace(report, notes=(*report.notes, note[:300]))
    saved.store(report, folder)
    return report


def evidence_of(rehearsed: rehearsal.Rehearsed, source: Source) -> dict[type, Any]:
    """All that was observed in a run, with the source beside it."""
    evidence: dict[type, Any] = reading.read_evidence(rehearsed, source.display)
    evidence[Source] = source
    return evidence


def _mends(finding: Finding, options: Options) -> ProgressState:
    return ProgressState("mending", budget=options.budget, next=f"a copy without {finding.id}")


def _copies(
    target: str,
    args: Sequence[str],
    module: bool,
    options: Options,
    source: Source,
    checks: Sequence[catalog.Check],
    others: Elsewhere,
) -> Callable[[Mapping[str, bytes], int, Path], mending.Copy]:
    """How a copy is rehearsed: as the script was, but for a repair and for other seeds."""

    def begin(patched: Mapping[str, bytes], run: int, folder: Path) -> mending.Copy:
        request = rehearsal.Request(
            target=target,
            folder=folder,
            args=args,
            module=module,
            budget=options.budget * (planning.REHEARSAL if options.lab else 1.0),
            seed=(options.seed or 0) + run if run or options.seed is not None else None,
            reseed=run,
            patched=patched,
        )
        fetch = others.begin(request)

        def copy() -> tuple[Report, float]:
            rehearsed = fetch()
            now = read_source(script.with_texts(source.script, patched)) if patched else source
            return judge(evidence_of(rehearsed, now), checks), rehearsed.seconds

        return copy

    return begin


class Laboratory:
    """Asks for the experiments that can change the answer, within `given` seconds: if None, what
    the rehearsal left. `seconds` is what they took, None where none was made."""

    def __init__(
        self,
        options: Options,
        checks: Sequence[catalog.Check],
        source: Source,
        progress: Progress | None = None,
        given: float | None = None,
    ) -> None:
        self._options, self._checks, self._source = options, checks, source
        self._progress, self._given = progress, given
        self.seconds: float | None = None

    def __call__(self, rehearsed: rehearsal.Rehearsed, session: Session) -> None:
        evidence = evidence_of(rehearsed, self._source)
        report = judge(evidence, self._checks)
        wanted = planning.plan(report, self._checks, evidence, self._options.expect)
        if not wanted:
            return
        started = time.monotonic()
        given = self._given or planning.seconds_for(self._options.budget, rehearsed.seconds)
        for number, (name, why) in enumerate(wanted):
            self.seconds = time.monotonic() - started
            left = given - self.seconds
            if left < planning.LEAST_EACH:
                break
            share = left / min(3, len(wanted) - number)
            self._tell(name, why, self.seconds, given)
            if not session.ask(name, share):
                break
        self.seconds = time.monotonic() - started

    def _tell(self, name: str, why: str, spent: float, given: float) -> None:
        said = f"{name.replace('_', ' ')}: {why}"
        state = ProgressState("experimenting", elapsed=spent, budget=given, next=said)
        _tell(self._progress, state)


def judge(
    evidence: Mapping[type, Any],
    checks: Sequence[catalog.Check],
    expect: str | None = None,
    tried: Mapping[str, Verification] | None = None,
) -> Report:
    """The report on one run's evidence; script, times and place of the saved run are left open.
    `expect` is what the user expected, in the words of `--expect`; `tried` what repairs came to."""
    run: Run = evidence[Run]
    source: Source | None = evidence.get(Source)
    findings: list[Finding] = []
    not_judged: list[NotJudged] = []
    sound: list[str] = []
    for check in checks:
        answer = catalog.judge(check, evidence)
        if isinstance(answer, NotJudged):
            not_judged.append(answer)
        elif answer:
            findings += suppressed.kept((_complete(f, source) for f in answer), source)
        else:
            sound.append(check.id)
    findings = cut_short.lowered(findings, evidence, lambda bare: judge(bare, checks))
    weighed = proofs.weigh(costs.weigh(findings, checks, evidence), tried or {})
    ranked = ranking.rank(weighed, {c.id: c.consequence_of for c in checks})
    measured = ranking.explain(symptoms.measure(evidence), ranked)
    judged = len(checks) - len(not_judged)
    seen = judged if run.backwards or run.steps or run.crash else 0
    expected = judge_expectation(expect, evidence, ranked)
    decided = verdict.decide(run, ranked, measured, seen, crashes.answer(evidence))
    decided = verdict.expecting(decided, expected)
    return Report(
        script=ScriptInfo(""),
        verdict=decided,
        findings=ranked,
        symptoms=measured,
        not_judged=tuple(not_judged),
        sound=tuple(sound),
        experiments=tuple(_experiments(evidence)),
        run=_summary(evidence),
        notes=(*notes.of_run(run), *ranks.notes(evidence), *_of_expectation(expected, decided)),
    )


def _rehearse(
    target: str,
    args: Sequence[str],
    module: bool,
    options: Options,
    folder: Path,
    progress: Progress | None,
    lab: Laboratory,
) -> rehearsal.Rehearsed:
    _tell(progress, ProgressState("starting", budget=options.budget, next="the first step"))
    request = rehearsal.Request(
        target=target,
        folder=folder,
        args=args,
        module=module,
        budget=options.budget * (planning.REHEARSAL if options.lab else 1.0),
        seed=options.seed,
        lab=options.lab,
    )
    return rehearsal.rehearse(request, teller(progress, options) if progress else None, lab)


def teller(progress: Progress, options: Options) -> Callable[[dict[str, Any]], None]:
    """Hands on what the rehearsal says of its progress."""

    def show(data: dict[str, Any]) -> None:
        phase = {"train": "training", "eval": "evaluating"}.get(data["phase"], "starting")
        progress(
            ProgressState(
                phase,  # type: ignore[arg-type]
                step=data["step"],
                epoch=data["epoch"],
                loss=data["loss"],
                elapsed=data["seconds"],
                budget=options.budget,
                next="the checks",
            )
        )

    return show


def _complete(finding: Finding, source: Source | None) -> Finding:
    """Places with their line of code, as far as the source can tell."""
    if source is None:
        return finding
    places: list[Place] = [source.complete(p) for p in finding.places]
    return replace(finding, places=tuple(places))


def _experiments(evidence: Mapping[type, Any]) -> Iterator[Experiment]:
    bench: Bench | None = evidence.get(Bench)
    made = [(name, evidence[kind]) for name, kind in EXPERIMENTS.items() if kind in evidence]
    if bench is not None and made:
        says = f"the first {bench.exact} losses replayed to the last bit"
        yield Experiment(
            "replay", says, {"replayed": bench.replayed, "exact": bench.exact}, bench.seconds
        )
    for name, facts in made:
        yield Experiment(name, facts.told(), asdict(facts), facts.seconds)


def _summary(evidence: Mapping[type, Any]) -> RunSummary:
    run: Run = evidence[Run]
    passes: Passes = evidence.get(Passes) or Passes()
    training: Training = evidence.get(Training) or Training()
    losses: LossCalls = evidence.get(LossCalls) or LossCalls()
    values = symptoms.finite_losses(training.course)
    if not values:
        values = [s.first_value for s in losses.training() if s.first_value is not None]
    last = {
        phase: next((p for p in reversed(passes.of(phase)) if p.counted), None)
        for phase in ("train", "eval")
    }
    accuracy = {phase: one.accuracy if one else None for phase, one in last.items()}
    samples = {phase: one.counted if one else None for phase, one in last.items()}
    return RunSummary(
        seconds=run.seconds,
        steps=run.steps or training.updates,
        epochs=run.epochs,
        exit=run.exit,
        time_lapse=TimeLapse(run.shortened, run.shortened_says),
        metrics=Metrics(
            train_accuracy=accuracy["train"],
            eval_accuracy=accuracy["eval"],
            first_loss=values[0] if values else None,
            last_loss=values[-1] if values else None,
            classes=run.classes,
            per_class=_per_class(passes),
            train_samples=samples["train"],
            eval_samples=samples["eval"],
        ),
        printed=tuple(
            {
                "text": p.text,
                "path": p.place.path if p.place else None,
                "line": p.place.line if p.place else None,
                "numbers": list(p.numbers),
            }
            for p in passes.printed[-200:]
        ),
    )


def _per_class(passes: Passes) -> tuple[dict[str, float], ...]:
    last = next((p for p in reversed(passes.of("eval")) if p.confusion), None)
    return tuple(asdict(scores) for scores in last.per_class()) if last else ()


def _of_expectation(answer: Answer | None, decided: Verdict) -> tuple[str, ...]:
    """What the first line does not say of the expectation already."""
    if answer is None:
        return ()
    told = () if answer.headline == decided.headline else (answer.headline,)
    return (*told, *answer.says)


def _tell(progress: Progress | None, state: ProgressState) -> None:
    if progress is not None:
        progress(state)
