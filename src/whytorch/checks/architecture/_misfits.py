"""What to say of a linear layer that does not fit, where the source alone shows it."""

from __future__ import annotations

from whytorch.checks.architecture._shapes import Misfit
from whytorch.records import Finding, Fix


def of_source(misfit: Misfit) -> Finding:
    made, gets = misfit.gets.flattened(), misfit.gets.says()
    outputs = misfit.layer.argument("out_features")
    if misfit.kind == "view":
        fix = "write x.view(x.size(0), -1)"
        fix += f", and nn.Linear({made.flat}, ...) behind it" if made.flat else ""
    else:
        width = outputs.text if outputs is not None else "..."
        fix = f"write nn.Linear({made.flat or 'the number that reaches it'}, {width})"
    return Finding(
        says=f"in {misfit.network} the features are {gets}, and {misfit.name} expects "
        f"{misfit.expects}",
        places=(misfit.place,),
        confidence=0.9,
        explains=("crash",),
        fix=Fix(fix),
    )
