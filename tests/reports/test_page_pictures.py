"""Each picture on facts made by hand: what it says, what it draws, when there is nothing to see.

That every file of pictures/ is here, and that plotly knows all that a chart holds, is tested too.
"""

from __future__ import annotations

import base64
import math
import re
import struct
import types
import zlib
from typing import Any

import pytest
import report_samples
from msgspec.structs import replace
from page_facts import (
    EXAMPLES,
    LOADER,
    NETWORK,
    NOTHING,
    TRIED,
    sheet,
    steps,
)

from whytorch.evidence.facts import (
    DataFlow,
    DatasetFacts,
    LayerGradients,
    Pictures,
    Training,
)
from whytorch.evidence.facts.experiments import (
    Outcome,
)
from whytorch.records import Finding, Report
from whytorch.reports.page import images, registry
from whytorch.reports.page.picture import Picture
from whytorch.reports.page.saved_run import Trials

DRAWERS = {drawer.name: drawer for drawer in registry.drawers()}


def draw(name: str, facts: tuple[Any, ...]) -> Picture | None:
    return DRAWERS[name].draw(*facts)


def test_every_picture_has_its_examples() -> None:
    assert set(EXAMPLES) == set(NOTHING) == set(DRAWERS)


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_it_says_and_draws(name: str) -> None:
    facts, words = EXAMPLES[name]
    for kind, fact in zip([want for want, _ in DRAWERS[name].wants], facts, strict=True):
        assert isinstance(fact, kind)  # what the page would hand in
    picture = draw(name, facts)
    assert picture is not None
    assert picture.charts or picture.strips
    for word in words:
        assert word in picture.says, picture.says
    assert picture.says.endswith(".")


@pytest.mark.parametrize("name", NOTHING)
def test_when_there_is_nothing_to_see(name: str) -> None:
    assert draw(name, NOTHING[name]) is None


@pytest.mark.parametrize("name", EXAMPLES)
def test_plotly_knows_all_of_it(name: str) -> None:
    """Raises on a property that plotly has not; colours are the page's until it is drawn."""
    from plotly import graph_objects

    picture = draw(name, EXAMPLES[name][0])
    assert picture is not None
    for made in picture.charts:
        figure = graph_objects.Figure(coloured(made))
        titles = [figure.layout.xaxis.title.text, figure.layout.yaxis.title.text]
        assert any(titles)  # an axis says its unit


def coloured(value: Any) -> Any:
    if isinstance(value, str):
        return "#123456" if value.startswith("--") else value
    if isinstance(value, dict):
        return {key: coloured(item) for key, item in value.items()}
    return [coloured(item) for item in value] if isinstance(value, (list, tuple)) else value


def traces(name: str) -> list[dict[str, Any]]:
    picture = draw(name, EXAMPLES[name][0])
    assert picture is not None
    return [trace for made in picture.charts for trace in made["data"]]


def layout(name: str) -> dict[str, Any]:
    picture = draw(name, EXAMPLES[name][0])
    assert picture is not None
    return dict(picture.charts[0]["layout"])


# --- what the charts hold ------------------------------------------------------------------------


def test_the_scripts_own_rate_is_marked_and_rates_that_broke_are_no_curve() -> None:
    (own,) = layout("learning_rates")["shapes"]
    assert own["x0"] == own["x1"] == 1.0  # a shape lies at the number, a note at its logarithm
    (words,) = layout("learning_rates")["annotations"]
    assert (words["text"], words["x"]) == ("this script: 1", 0.0)
    by_name = {trace["name"]: trace for trace in traces("learning_rates")}
    assert by_name["loss at the end"]["x"] == [1e-3, 0.1, 1.0]
    assert by_name["the loss broke"]["x"] == [10.0]
    assert layout("learning_rates")["yaxis"]["type"] == "log"


def test_a_loss_without_number_is_marked_where_it_happened() -> None:
    solid = [s for s in layout("loss_curve")["shapes"] if s["line"]["dash"] == "solid"]
    assert sorted(s["x0"] for s in solid) == [2, 4, 4]  # the leap; no number; weights loaded
    curve, held_out = traces("loss_curve")
    assert (curve["x"], held_out["x"]) == ([0, 1, 2, 3, 5], [0, 4])


def test_a_dip_is_no_leap() -> None:
    picture = draw("loss_curve", (Training(steps=4, trace=steps(9.0, 0.1, 9.0, 9.0)), None))
    assert picture is not None and "leapt" not in picture.says


def test_a_schedule_is_drawn_below_the_loss() -> None:
    trace = (*steps(2.0, 1.0, lr=0.1), *steps(0.5, 0.4, lr=0.01))
    picture = draw("loss_curve", (Training(steps=4, trace=trace), None))
    assert picture is not None
    assert picture.charts[0]["data"][-1]["y"] == [0.1, 0.1, 0.01, 0.01]


def test_a_map_has_its_layers_in_order_of_execution_and_numbers_behind_its_colours() -> None:
    (trace,) = traces("gradient_map")
    assert trace["y"] == ["a", "b"]
    assert trace["z"] == [[-1.0, pytest.approx(math.log10(5), abs=1e-4)],
                          [0.0, pytest.approx(math.log10(2), abs=1e-4)]]  # fmt: skip
    assert trace["customdata"] == [[0.1, 5.0], [1.0, 2.0]]


def test_what_is_missing_is_a_hole_and_zero_has_no_logarithm() -> None:
    gaps = (LayerGradients("a", ((0, None), (1, 0.0))), LayerGradients("b", ((1, 2.0),)))
    picture = draw("gradient_map", (Training(gradients=gaps), None))
    assert picture is not None
    assert picture.charts[0]["data"][0]["z"] == [
        [None, None],
        [None, pytest.approx(0.301, abs=1e-3)],
    ]


def test_of_very_many_layers_some_are_shown_the_first_and_the_last_among_them() -> None:
    many = tuple(LayerGradients(f"layer{n}", ((0, 1.0),)) for n in range(500))
    picture = draw("gradient_map", (Training(gradients=many), None))
    assert picture is not None
    names = picture.charts[0]["data"][0]["y"]
    assert (len(names), names[0], names[-1]) == (60, "layer0", "layer499")


def test_histograms_of_different_ranges_can_be_compared() -> None:
    """Heights are per equal width: both curves have the same area."""
    areas = []
    for trace, width in zip(traces("batches_seen"), (0.5, 4.5), strict=True):
        areas.append(sum(trace["y"]) * width)
    assert areas[0] == pytest.approx(areas[1], rel=1e-3)


def test_both_phases_are_on_one_scale_of_brightness() -> None:
    seen = Pictures({"train": sheet(), "eval": replace(sheet(), low=0.0, high=20.0)})
    picture = draw("batches_seen", (seen, None))
    assert picture is not None
    dim, bright = (brightest(strip.images[0].source) for strip in picture.strips)
    assert (dim, bright) == (6, 63)  # 63 of 255 of a range of 2 and of 20, shown from 0 to 20


def brightest(source: str) -> int:
    """The largest byte of a grey PNG of ours, whose header it checks too."""
    data = base64.b64decode(source.removeprefix("data:image/png;base64,"))
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height, depth, colour = struct.unpack(">IIBB", data[16:26])
    assert (depth, colour) == (8, 0)
    (length,) = struct.unpack(">I", data[33:37])
    raw = zlib.decompress(data[41 : 41 + length])
    assert len(raw) == height * (width + 1)
    return max(raw)


def test_the_png_is_one_that_others_read() -> None:
    """Chromium draws it; pillow, where it is installed, reads the very pixels."""
    import io

    numpy = pytest.importorskip("numpy")
    pillow = pytest.importorskip("PIL.Image")
    pixels = numpy.arange(4 * 5 * 3, dtype=numpy.uint8).reshape(4, 5, 3)
    data = base64.b64decode(images.png(pixels).removeprefix("data:image/png;base64,"))
    assert (numpy.asarray(pillow.open(io.BytesIO(data))) == pixels).all()


def test_label_order_holds_the_shares_of_each_batch() -> None:
    (trace,) = traces("label_order")
    assert trace["y"] == ["cat", "dog"]
    assert trace["z"] == [[100.0, 100.0, 0.0, 50.0], [0.0, 0.0, 100.0, 50.0]]


def test_confusion_has_a_table_of_each_class() -> None:
    picture = draw("confusion", EXAMPLES["confusion"][0])
    assert picture is not None and picture.table is not None
    assert picture.table.rows[0] == ("cat", "50", "0.571", "0.800", "0.667")
    assert traces("confusion")[0]["z"] == [[80.0, 20.0], [60.0, 40.0]]


def test_the_receptive_field_is_drawn_over_the_image() -> None:
    (box,) = layout("receptive_field")["shapes"]
    assert [box[k] for k in ("x0", "x1", "y0", "y1")] == [8, 24, 8, 24]
    (image,) = layout("receptive_field")["images"]
    assert image["source"].startswith("data:image/png") and image["sizex"] == 32


def test_where_the_lab_did_not_look_the_field_is_reckoned() -> None:
    picture = draw("receptive_field", (None, NETWORK, None))
    assert picture is not None
    # 3 of the first kernel, one pooling of 2 between (8 to 4), and 2 of the second at twice.
    assert "layer b (reckoned from kernels and strides) sees 8 × 8 pixels" in picture.says


def test_the_repair_is_drawn_with_every_run_and_its_noise() -> None:
    measure, *curves = traces("repaired")
    assert measure["x"] == [11.23, 54.81]
    assert measure["error_x"]["value"] == pytest.approx(2.13)
    named = [trace["name"] for trace in curves if trace.get("showlegend")]
    assert named == ["as it is", "repaired"]
    filled = [trace for trace in curves if trace.get("fill")]
    assert [trace["y"] for trace in filled] == [[2.0, 4.0]]  # the upper edge of two runs


def test_changes_within_the_noise_are_not_coloured() -> None:
    near = replace(TRIED, changed=(Outcome("near", 60, 2.0, 0.95), Outcome("far", 60, 2.0, 0.5)))
    picture = draw("changes_tried", (Trials((near,)),))
    assert picture is not None
    assert picture.charts[0]["data"][0]["marker"]["color"] == ["--muted", "--s1"]


def test_hostile_names_are_not_plotlys_tags() -> None:
    hostile = DatasetFacts("D", None, 8, classes=("<a href='x'>cat</a>", "&dog"))
    flow = DataFlow(loaders=(replace(LOADER, dataset=hostile),))
    picture = draw("label_order", (flow,))
    assert picture is not None
    assert picture.charts[0]["data"][0]["y"] == [
        "&lt;a href='x'&gt;cat&lt;/a&gt;"[:200],
        "&amp;dog",
    ]


# --- beside which finding ------------------------------------------------------------------------


def one(name: str, *shown_for: str, finding: str | None = None) -> registry.Drawn:
    return registry.Drawn(name, name, Picture("", finding=finding), shown_for)


def test_a_picture_stands_beside_the_first_finding_that_names_it() -> None:
    findings = [
        Finding("", id="dead-relu", area="architecture"),
        Finding("", id="missing-zero-grad", area="training loop"),
    ]
    made = [
        one("area", "training loop"), one("both", "architecture", "missing-zero-grad"),
        one("none", "labels"), one("repair", finding="dead-relu"),
    ]  # fmt: skip
    beside, rest = registry.placed(made, findings)
    assert [d.name for d in beside["dead-relu"]] == ["repair"]
    assert [d.name for d in beside["missing-zero-grad"]] == ["both", "area"]
    assert [d.name for d in rest] == ["none"]


def test_pictures_name_mistakes_that_exist() -> None:
    from whytorch.catalog import load_catalog

    known = {check.id for check in load_catalog()} | {check.area for check in load_catalog()}
    for drawer in registry.drawers():
        assert set(drawer.shown_for) <= known, drawer.name


def test_a_file_that_is_not_whole_is_refused() -> None:
    module = types.ModuleType("whytorch.reports.page.pictures.half", "A title")
    with pytest.raises(TypeError, match=r"half\.py lacks SHOWN_FOR, ORDER, draw"):
        registry._read(module)


def test_missing_facts_mean_no_picture() -> None:
    made, failed = registry.drawn({Report: report_samples.CRASH})
    assert (made, failed) == ([], [])


def test_no_text_of_a_picture_is_a_template() -> None:
    """Numbers are in every sentence; no brace of an f-string was forgotten."""
    for name, (facts, _) in EXAMPLES.items():
        picture = draw(name, facts)
        assert picture is not None and not re.search(r"[{}]", picture.says), name
