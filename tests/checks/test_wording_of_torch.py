"""Checks on crashes rest on shapes and types; where they read a message, every torch's wording."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from whytorch.checks.architecture import flatten_size_mismatch as flatten
from whytorch.checks.architecture import in_place_op_breaks_gradient as in_place
from whytorch.checks.labels import target_encoding_mismatch as encoding
from whytorch.checks.loss import nll_without_log_softmax as nll
from whytorch.checks.loss import softmax_before_cross_entropy as softmax
from whytorch.evidence.facts import (
    CrashFacts,
    LayerAtCrash,
    LossCalls,
    LossSite,
    Network,
    Run,
)
from whytorch.records import Finding, NotJudged, Place

HERE = Place("train.py", 7)
CHANGED = "one of the variables needed for gradient computation has been modified by an inplace "
CHANGED += "operation: [torch.FloatTensor [64, 16]], which is output 0 of {}, is at version 1; "
CHANGED += "expected version 0 instead."


def crashed(message: str, during: str, **more: object) -> Run:
    crash = CrashFacts("RuntimeError", message, (HERE,), ("<module>",), during, **more)  # type: ignore[arg-type]
    return Run("crashed", crash=crash)


def only(found: list[Finding] | NotJudged) -> Finding:
    assert isinstance(found, list) and len(found) == 1, found
    return found[0]


@pytest.mark.parametrize("node", ["ReluBackward0", "ReluBackward1", "Relu"])
def test_an_in_place_change_is_seen_however_autograd_names_the_node(node: str) -> None:
    run = crashed(CHANGED.format(node), "backward")
    assert only(in_place.decide(run, None, None, None)).measured["shape"] == [64, 16]


def test_another_crash_in_backward_is_not_an_in_place_change() -> None:
    message = "Trying to backward through the graph a second time"
    assert in_place.decide(crashed(message, "backward"), None, None, None) == []


@pytest.mark.parametrize(
    "message",
    [
        "mat1 and mat2 shapes cannot be multiplied (64x400 and 256x120)",
        "size mismatch, m1: [64 x 400], m2: [256 x 120] at THTensorMath.cpp:41",
        "addmm: something that a later torch may say",
    ],
)
def test_a_linear_layer_is_judged_by_its_shapes_not_by_the_message(message: str) -> None:
    settings = {"in_features": 256, "out_features": 120}
    layer = LayerAtCrash("fc1", "Linear", HERE, settings, ((64, 400),), ("float32",))
    run = crashed(message, "forward", layers=(layer,))
    found = only(flatten.decide(run, None, None, None))
    assert found.fix is not None and "nn.Linear(400, 120)" in found.fix.says


def test_a_linear_layer_that_fits_is_not_blamed_for_a_crash_inside_it() -> None:
    settings = {"in_features": 256, "out_features": 120}
    layer = LayerAtCrash("fc1", "Linear", HERE, settings, ((64, 256),), ("float16",))
    run = crashed("mat1 and mat2 must have the same dtype", "forward", layers=(layer,))
    assert flatten.decide(run, None, None, None) == []


@pytest.mark.parametrize(
    "message",
    [
        "expected scalar type Long but found Float",
        "expected target dtype to be Long or Byte, but got Float",
        "\"nll_loss_forward_reduce_cuda_kernel_2d_index\" not implemented for 'Float'",
    ],
)
def test_labels_of_the_wrong_type_are_seen_by_their_type(message: str) -> None:
    site = LossSite(
        "cross_entropy", HERE, "train", 1, input_shape=(64, 10), target_shape=(64,),
        target_dtype="float32", target_integral=True, target_min=0.0, target_max=9.0,
        raised=message,
    )  # fmt: skip
    run = crashed(message, "loss")
    found = only(encoding.decide(LossCalls((site,)), run, None, None, None, None))
    assert found.fix is not None and "labels.long()" in found.fix.says


PROBABILITIES = LossSite(
    "cross_entropy", HERE, "train", 30, input_shape=(64, 10), input_dtype="float32",
    nonnegative=True, row_sum_gap=3e-7, input_max=1.0, logsumexp_gap=2.4, connected=True,
)  # fmt: skip


def test_half_precision_may_sum_to_one_less_exactly() -> None:
    rough = replace(PROBABILITIES, row_sum_gap=8e-3)
    half = replace(rough, input_dtype="bfloat16")
    assert softmax.decide(LossCalls((half,)), None, None, None)
    assert not softmax.decide(LossCalls((rough,)), None, None, None)


def test_probabilities_that_nothing_learns_from_are_left_alone() -> None:
    shown = replace(PROBABILITIES, connected=False)
    assert not softmax.decide(LossCalls((shown,)), None, None, None)


@pytest.mark.parametrize(("highest", "speaks"), [(4.0, True), (0.0, False)])
def test_weighted_log_probabilities_stay_below_zero_and_raw_outputs_do_not(
    highest: float, speaks: bool
) -> None:
    site = replace(
        PROBABILITIES, function="nll_loss", nonnegative=False, row_sum_gap=9.0, input_max=highest
    )
    assert bool(nll.decide(LossCalls((site,)), None, None, None)) is speaks


def test_a_network_that_was_never_seen_does_not_hide_a_crash() -> None:
    run = crashed("shape '[-1, 400]' is invalid for input of size 9216", "forward")
    found = only(flatten.decide(run, Network("Net", None, ()), None, None))
    assert found.measured["numbers"] == 9216
