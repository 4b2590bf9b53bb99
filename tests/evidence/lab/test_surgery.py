"""Surgery finds layers, activations and pooling by what is computed, in modules and functions."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from laboratory import bench_of
from torch import nn
from torch.nn import functional

from whytorch.evidence.lab import surgery, surgery_layers, surgery_strides, surgery_width
from whytorch.evidence.lab.bench import Change, NotRebuilt
from whytorch.evidence.lab.surgery_ends import ending


class Functional(nn.Module):
    """LeNet in the way of many scripts: functions, and the flattened size as a number."""

    def __init__(self):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 3, padding=1)
        self.c2 = nn.Conv2d(6, 12, 3, padding=1)
        self.f1 = nn.Linear(12 * 2 * 2, 20)
        self.f2 = nn.Linear(20, 10)

    def forward(self, x):
        x = functional.max_pool2d(torch.tanh(self.c1(x)), 2)
        x = functional.max_pool2d(torch.tanh(self.c2(x)), (2, 2))
        x = x.view(-1, 12 * 2 * 2)
        x = functional.dropout(self.f1(x).sigmoid(), 0.4, self.training)
        return functional.softmax(self.f2(x), dim=1)


class Block(nn.Module):
    """A residual block with a squeeze-and-excitation gate and a depthwise convolution."""

    def __init__(self, c_in, c_out, stride):
        super().__init__()
        self.a = nn.Conv2d(c_in, c_out, 3, stride, 1, bias=False)
        self.n = nn.BatchNorm2d(c_out)
        self.d = nn.Conv2d(c_out, c_out, 3, 1, 1, groups=c_out)
        self.g = nn.GroupNorm(2, c_out)
        self.squeeze = nn.Linear(c_out, 4)
        self.excite = nn.Linear(4, c_out)
        self.short = nn.Conv2d(c_in, c_out, 1, stride)

    def forward(self, x):
        y = self.g(self.d(self.n(self.a(x)).relu()))
        gate = torch.sigmoid(self.excite(self.squeeze(y.mean((2, 3))).relu()))
        return torch.relu(y * gate[:, :, None, None] + self.short(x))


def residual():
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10))
    return nn.Sequential(Block(1, 8, 1), Block(8, 16, 2), head)


def stack():
    return nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(inplace=True), nn.Conv2d(4, 8, 3), nn.ReLU(inplace=True),
        nn.Flatten(), nn.Linear(8 * 4 * 4, 24), nn.Linear(24, 10), nn.LogSoftmax(dim=1),
    )  # fmt: skip


def autoencoder():
    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.down = nn.Conv2d(1, 6, 3, 2, 1)
            self.code = nn.Linear(6 * 16, 8)
            self.back = nn.Linear(8, 6 * 16)
            self.up = nn.ConvTranspose2d(6, 1, 2, 2)

        def forward(self, x):
            x = self.down(x).relu().flatten(1)
            x = self.back(self.code(x).relu()).relu()
            return self.up(x.view(-1, 6, 4, 4)).sigmoid()

    return Coder()


def joined():
    """A U-Net, and channels shuffled between groups by their number."""

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 16, 3, 2, 1)
            self.up = nn.ConvTranspose2d(16, 8, 2, 2)
            self.c, self.p = nn.Conv2d(16, 8, 3, padding=1, groups=2), nn.PReLU(8)
            self.out = nn.Conv2d(8, 10, 1)

        def forward(self, x):
            a = self.a(x).relu()
            x = torch.cat([a, self.up(self.b(a).relu())], 1)
            b, c, h, w = x.shape
            x = x.view(b, 2, c // 2, h, w).transpose(1, 2).reshape(b, c, h, w)
            return self.out(self.p(self.c(x))).mean((2, 3))

    return Net()


def separable():
    """MobileNetV2's block: nothing between depthwise and pointwise, nor behind the narrowing."""
    return nn.Sequential(
        nn.Conv2d(1, 12, 1), nn.BatchNorm2d(12), nn.ReLU6(),
        nn.Conv2d(12, 12, 3, 2, 1, groups=12), nn.Conv2d(12, 6, 1), nn.BatchNorm2d(6),
        nn.Conv2d(6, 12, 1), nn.Hardswish(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(12, 10),
    )  # fmt: skip


def benched(network):
    torch.manual_seed(0)
    x = torch.randn(6, 1, 8, 8)
    image = isinstance(network(x), torch.Tensor) and network(x).ndim == 4
    y = x if image else torch.arange(6)
    return bench_of(
        network, [(x, y.clone())], functional.mse_loss if image else nn.CrossEntropyLoss()
    )


def changed(bench, cut):
    return bench.networks(Change(network=cut))[bench.main]


def output(network):
    return network(torch.randn(3, 1, 8, 8))


@pytest.mark.parametrize("make", [Functional, residual, stack, autoencoder, joined])
@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_every_hidden_layer_gets_another_width(make, factor):
    bench = benched(make())
    own = surgery.trace(bench)
    cut = surgery_width.resized(bench, own, factor)
    assert surgery.fits(bench, own, cut) is None
    network = changed(bench, cut)
    assert output(network).shape == output(make()).shape
    before = dict(bench.networks()[0].named_parameters())
    hidden = [n for n, p in before.items() if p.ndim > 1 and p.shape[0] > 4 and p.shape[1] > 4]
    squared = 0
    for name in hidden:
        ratio = network.get_parameter(name).numel() / before[name].numel()
        assert ratio in (factor, factor**2)  # what makes the output grows on one side only
        squared += ratio == factor**2
    assert squared
    groups = bench.optimizers([network], Change(network=cut))[0].param_groups
    assert {id(p) for g in groups for p in g["params"]} == set(map(id, network.parameters()))


def test_widths_that_forward_names_are_left_alone():
    class Heads(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Linear(64, 12), nn.Linear(4, 10)

        def forward(self, x):
            return self.b(self.a(x.flatten(1)).view(len(x), 3, 4).mean(1))

    bench = benched(Heads())
    own = surgery.trace(bench)
    try:
        cut = surgery_width.resized(bench, own, 2.0)
    except NotRebuilt:
        return
    assert surgery.fits(bench, own, cut) is None  # what was changed all the same still works


def test_a_part_that_does_not_learn_is_not_widened():
    network = stack()
    network[0].requires_grad_(False)
    bench = benched(network)
    with pytest.raises(NotRebuilt, match="does not learn"):
        surgery_width.resized(bench, surgery.trace(bench), 2.0)


def test_the_activation_at_the_end():
    found = {}
    for make in (Functional, residual, stack):
        bench = benched(make())
        own = surgery.trace(bench)
        at = ending(bench, own)
        found[make] = own.events[at].name if at is not None else None
    assert found == {Functional: "softmax", residual: None, stack: "log_softmax"}


def test_what_is_left_out_is_left_out_in_every_call():
    bench = benched(Functional())
    own = surgery.trace(bench)
    rules = {own.rank(ending(bench, own), surgery.ACTIVATIONS): surgery.skipped}
    network = changed(bench, lambda n: surgery.rewritten(n, surgery.ACTIVATIONS, rules))
    for mode in (True, False, True):
        network.train(mode)
        assert not torch.allclose(output(network).sum(1), torch.ones(3), atol=1e-3)


def test_saturating_activations_but_not_gates():
    own = surgery.trace(benched(Functional()))
    found = surgery_layers.saturating(own)
    assert [own.events[n].name for n in found] == ["tanh", "tanh", "sigmoid"]
    for make in (residual, separable, autoencoder):  # a gate, ReLU6, the output
        assert surgery_layers.saturating(surgery.trace(benched(make()))) == []


def test_layers_without_an_activation_between():
    assert surgery_layers.straight_layers(surgery.trace(benched(stack()))) == ["5"]
    for make in (Functional, separable, residual):
        assert surgery_layers.straight_layers(surgery.trace(benched(make()))) == []
    bench = benched(stack())
    seen = []
    network = changed(bench, surgery_layers.with_relus(["5"]))
    network[6].register_forward_pre_hook(lambda m, args: seen.append(args[0].min()))
    output(network)
    assert seen[0] >= 0


def test_batch_norm_behind_convolutions_that_have_none():
    assert surgery_layers.bare_convolutions(surgery.trace(benched(residual()))) == [
        "0.short", "1.short",
    ]  # fmt: skip
    bench = benched(stack())
    cut = surgery_layers.with_batch_norms(["0", "2"])
    network = changed(bench, cut)
    spread = []
    network[1].register_forward_pre_hook(lambda m, args: spread.append(args[0].std((0, 2, 3))))
    output(network)
    assert torch.allclose(spread[0], torch.ones(4), atol=0.05)
    held = bench.optimizers([network], Change(network=cut))[0].param_groups[0]["params"]
    assert len(held) == len(list(stack().parameters())) + 4


def test_strides_taken_back():
    for make, sizes in ((Functional, [(8, 8), (4, 4)]), (residual, [(8, 8)])):
        bench = benched(make())
        own = surgery.trace(bench)
        found = surgery_strides.stages(own)
        assert [tuple(own.events[s[0]].tensors[0].shape[-2:]) for s in found] == sizes
        cut = surgery_strides.kept_resolution(own, found[0])
        assert surgery.fits(bench, own, cut) is None
        network = changed(bench, cut)
        assert _resolutions(network) <= {(8, 8), (7, 7)}  # 7: windows of two a step apart


def _resolutions(network):
    found = set()
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda m, a, o: found.add(tuple(o.shape[-2:])))
    output(network)
    return found


def test_other_first_weights():
    bench = benched(residual())
    own, anew, kaiming = (
        changed(bench, cut)
        for cut in (None, surgery_layers.drawn_anew, surgery_layers.drawn_by_kaiming)
    )
    for a, b in pairwise((own, anew, kaiming)):
        assert not torch.equal(a[1].a.weight, b[1].a.weight)
        assert torch.equal(a[1].n.weight, b[1].n.weight)
    wanted = (2 / own[1].a.weight[0].numel()) ** 0.5
    assert float(kaiming[1].a.weight.detach().std()) == pytest.approx(wanted, rel=0.1)
    assert not kaiming[2][2].bias.any()


def test_one_more_hidden_layer():
    bench = benched(stack())
    own = surgery.trace(bench)
    more = surgery_width.deeper(own)
    assert surgery.fits(bench, own, more) is None
    before = sum(p.numel() for p in stack().parameters())
    after = sum(p.numel() for p in changed(bench, more).parameters())
    assert after - before == 24 * 24 + 24


def test_layers_that_are_in_evaluation_mode_stay_in_it_when_others_are_added():
    network = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4))
    network.append(nn.Flatten()).append(nn.Linear(64, 10))
    network[3].eval()
    bench = benched(network)
    names = surgery_layers.bare_convolutions(surgery.trace(bench))
    assert names == ["0"]
    made = []

    def cut(copy):
        made.append(surgery_layers.with_batch_norms(names)(copy))
        return made[0]

    bench.run(Change(network=cut), steps=2, judge=False)
    assert made[0][0].norm_behind.training and not made[0][3].training
    assert made[0][0].norm_behind.num_batches_tracked == 2
    assert made[0][3].num_batches_tracked == 0
