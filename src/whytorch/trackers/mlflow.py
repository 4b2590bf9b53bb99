"""MLflow: a run with its metrics, the verdict as a tag, findings and page as artifacts. `where` is
a tracking URI; without one MLFLOW_TRACKING_URI or its default applies."""

from __future__ import annotations

from whytorch.trackers import Logged


def log(logged: Logged, where: str) -> str:
    import mlflow

    if where:
        mlflow.set_tracking_uri(where)
    with mlflow.start_run(run_name=f"whytorch {logged.name}") as run:
        for name, values in logged.series.items():
            for step, value in values:
                mlflow.log_metric(f"whytorch/{name}", value, step=step)
        for name, figure in logged.figures.items():
            mlflow.log_metric(f"whytorch/{name}", figure)
        mlflow.set_tag("whytorch.verdict", logged.verdict)
        mlflow.log_text(logged.text, "whytorch.md")
        if logged.page is not None:
            mlflow.log_artifact(str(logged.page))
        return f"run {run.info.run_id} of {mlflow.get_tracking_uri()}"
