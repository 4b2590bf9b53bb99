"""`whytorch completion SHELL`: a script by which bash, zsh or fish complete the command line.

source <(whytorch completion bash)      # in ~/.bashrc
source <(whytorch completion zsh)       # in ~/.zshrc, behind compinit
whytorch completion fish | source       # in config.fish
"""

from __future__ import annotations

from whytorch import arguments, catalog
from whytorch.reports import CHECK_FORMATS, COMPARE_FORMATS, FORMATS

SHELLS = ("bash", "zsh", "fish")

_BASH = """\
_whytorch() {{
    local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}"
    COMPREPLY=()
    case "$prev" in
{cases}
    esac
    if [[ "$cur" == -* ]]; then
        COMPREPLY=($(compgen -W "{options}" -- "$cur"))
    elif (( COMP_CWORD == 1 )); then
        COMPREPLY=($(compgen -W "{commands}" -- "$cur") $(compgen -f -- "$cur"))
    fi
}}
complete -o default -o bashdefault -F _whytorch whytorch
"""
_ZSH = """\
#compdef whytorch
_whytorch() {{
    case "${{words[CURRENT-1]}}" in
{cases}
    esac
    if [[ "${{words[CURRENT]}}" == -* ]]; then
        compadd -- {options}
    else
        if (( CURRENT == 2 )); then
            compadd -- {commands}
        fi
        _files
    fi
}}
compdef _whytorch whytorch
"""


def render(shell: str) -> str:
    """The script for one of `SHELLS`. It holds all names, so completing starts no Python."""
    after = _after()
    commands = " ".join(sorted({*arguments.COMMANDS, *arguments.RUNNING}))
    options = " ".join(sorted({*arguments.VALUES, *arguments.FLAGS}))
    if shell == "bash":
        cases = "\n".join(
            f'        {"|".join(words)}) COMPREPLY=($(compgen -W "{" ".join(known)}" -- "$cur"));'
            " return;;"
            for words, known in after
        )
        return _BASH.format(cases=cases, options=options, commands=commands)
    if shell == "zsh":
        cases = "\n".join(
            f"        {'|'.join(words)}) compadd -- {' '.join(known)}; return;;"
            for words, known in after
        )
        return _ZSH.format(cases=cases, options=options, commands=commands)
    return "".join(f"{line}\n" for line in _fish(after, commands))


def _after() -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What may come behind which words."""
    ids = tuple(check.id for check in catalog.load_catalog())
    formats = tuple(dict.fromkeys((*FORMATS, *CHECK_FORMATS, *COMPARE_FORMATS)))
    return [
        (("--format",), formats),
        (("--select", "--ignore", "explain"), ids),
        (("--stop-on",), ("error", "warning")),
        (("--log-to",), arguments.TRACKERS),
        (("completion",), SHELLS),
    ]


def _fish(after: list[tuple[tuple[str, ...], tuple[str, ...]]], commands: str) -> list[str]:
    lines = [f"complete -c whytorch -n __fish_use_subcommand -a '{commands}'"]
    known = {word: names for words, names in after for word in words}
    for option in sorted(arguments.VALUES):
        values = f" -x -a '{' '.join(known[option])}'" if option in known else " -r"
        lines.append(f"complete -c whytorch -l {option.lstrip('-')}{values}")
    for flag in sorted(arguments.FLAGS):
        kind = "-l" if flag.startswith("--") else "-s"
        lines.append(f"complete -c whytorch {kind} {flag.lstrip('-')}")
    for command in ("explain", "completion"):
        seen = f"'__fish_seen_subcommand_from {command}'"
        lines.append(f"complete -c whytorch -f -n {seen} -a '{' '.join(known[command])}'")
    return lines
