"""What a rehearsal observed, as frozen facts without opinions. The types here are the vocabulary
in which a check orders evidence: `def decide(losses: LossCalls, training: Training) -> ...`.

Conventions: shapes are as torch gives them; shares are 0..1; a number that could not be measured
is None; a non-finite number is None as well, with its count in a field of its own. `place` is the
user's own line that led there, not a line of torch or of a framework.
"""

from whytorch.evidence.facts.basics import Phase, Shape, TensorStats
from whytorch.evidence.facts.data import (
    DataFlow,
    DatasetFacts,
    Draw,
    InputFacts,
    LoaderFacts,
    SamplerFacts,
    TransformFacts,
    TransformSet,
)
from whytorch.evidence.facts.distributed import Distributed, RankSampler, WrappedNetwork
from whytorch.evidence.facts.experiments import (
    EXPERIMENTS,
    Bench,
    Experiment,
    Outcome,
    Trial,
)
from whytorch.evidence.facts.keeping import (
    Checkpoints,
    Clips,
    KeptGraphs,
    KeptWeights,
    LoadedState,
    LoaderWait,
    MicroBatches,
    ReadCheckpoint,
    Scaling,
    Upkeep,
)
from whytorch.evidence.facts.loss import LossCalls, LossSite, MixedSample
from whytorch.evidence.facts.model import (
    Activations,
    Companion,
    LayerFacts,
    Misnamed,
    Network,
    OutputFacts,
    ParameterFacts,
    ReluFacts,
    SaturationFacts,
)
from whytorch.evidence.facts.passes import (
    ClassScores,
    EvalCall,
    Passes,
    PassFacts,
    PrintedLine,
    ScoreCall,
    WeightsEvent,
)
from whytorch.evidence.facts.pictures import Histogram, LayerTrace, Pictures, Sheet, Traces
from whytorch.evidence.facts.regularization import DropoutFacts, NormFacts
from whytorch.evidence.facts.run import CrashFacts, LayerAtCrash, Run, TensorAtCrash
from whytorch.evidence.facts.samples import (
    Doubt,
    Handed,
    ImageStats,
    Neighbours,
    Redraw,
    Samples,
    SampleSet,
    SplitPair,
    Twins,
)
from whytorch.evidence.facts.training import (
    GroupFacts,
    LayerGradients,
    OptimizerFacts,
    SchedulerFacts,
    StepFacts,
    Training,
)

__all__ = [
    "EXPERIMENTS",
    "Activations",
    "Bench",
    "Checkpoints",
    "ClassScores",
    "Clips",
    "Companion",
    "CrashFacts",
    "DataFlow",
    "DatasetFacts",
    "Distributed",
    "Doubt",
    "Draw",
    "DropoutFacts",
    "EvalCall",
    "Experiment",
    "GroupFacts",
    "Handed",
    "Histogram",
    "ImageStats",
    "InputFacts",
    "KeptGraphs",
    "KeptWeights",
    "LayerAtCrash",
    "LayerFacts",
    "LayerGradients",
    "LayerTrace",
    "LoadedState",
    "LoaderFacts",
    "LoaderWait",
    "LossCalls",
    "LossSite",
    "MicroBatches",
    "Misnamed",
    "MixedSample",
    "Neighbours",
    "Network",
    "NormFacts",
    "OptimizerFacts",
    "Outcome",
    "OutputFacts",
    "ParameterFacts",
    "PassFacts",
    "Passes",
    "Phase",
    "Pictures",
    "PrintedLine",
    "RankSampler",
    "ReadCheckpoint",
    "Redraw",
    "ReluFacts",
    "Run",
    "SampleSet",
    "SamplerFacts",
    "Samples",
    "SaturationFacts",
    "Scaling",
    "SchedulerFacts",
    "ScoreCall",
    "Shape",
    "Sheet",
    "SplitPair",
    "StepFacts",
    "TensorAtCrash",
    "TensorStats",
    "Traces",
    "Training",
    "TransformFacts",
    "TransformSet",
    "Trial",
    "Twins",
    "Upkeep",
    "WeightsEvent",
    "WrappedNetwork",
]
