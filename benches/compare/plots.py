"""Plots as SVG, the same bytes for the same figures."""

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams.update({"svg.hashsalt": "tipstat", "svg.fonttype": "none", "font.size": 9})

from matplotlib import pyplot, ticker  # noqa: E402: the settings come first


def short(size):
    """A number of records in few letters."""
    for unit, name in ((1_000_000, "M"), (1_000, "k")):
        if size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def save(figure, path):
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def logarithmic(axis):
    """Labels as plain numbers; those of powers have signs that are not ASCII."""
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(ticker.NullFormatter())


def ratios(path, groups):
    """How many times the processor seconds of tipstat each peer takes, for counting and from end to end."""
    names = list(dict.fromkeys(name for _, results in groups for name in results if name != "tipstat"))
    width = 0.8 / max(len(names), 1)
    figure, panels = pyplot.subplots(2, 1, figsize=(max(6, 1.6 * len(groups)), 6), sharex=True, layout="constrained")
    for panel, key, title in zip(panels, ("count", "cpu"), ("counting", "Parquet to Parquet")):
        for at, name in enumerate(names):
            bars = [
                (group + (at - (len(names) - 1) / 2) * width, results[name][key] / results["tipstat"][key])
                for group, (_, results) in enumerate(groups)
                if key in results["tipstat"] and key in results.get(name, {})
            ]
            drawn = panel.bar([x for x, _ in bars], [y for _, y in bars], width, color=f"C{at}", label=name)
            panel.bar_label(drawn, [f"{y:.0f}" if y >= 10 else f"{y:.1f}" for _, y in bars], fontsize=7)
        panel.axhline(1, color="black", linewidth=0.8)
        panel.set(yscale="log", title=title, ylabel="CPU time / tipstat's")
        logarithmic(panel.yaxis)
        panel.margins(y=0.1)
    panels[-1].set_xticks(range(len(groups)), [name for name, _ in groups])
    figure.legend(*panels[-1].get_legend_handles_labels(), loc="outside lower center", ncols=len(names), frameon=False)
    save(figure, path)


def growth(path, lines):
    """Processor seconds and memory over the number of records."""
    figure, (seconds, memory) = pyplot.subplots(1, 2, figsize=(9, 4), layout="constrained")
    for at, (name, results) in enumerate(lines.items()):
        style = {"color": f"C{at}", "marker": "o", "markersize": 4}
        for key, title, line in (("cpu", "end to end", "-"), ("count", "counting", "--")):
            measured = {size: result[key] for size, result in results.items() if key in result}
            if measured:
                seconds.plot(measured.keys(), measured.values(), line, label=f"{name}, {title}", **style)
        memory.plot(results.keys(), [result["memory"] for result in results.values()], label=name, **style)
    seconds.set(xscale="log", yscale="log", xlabel="records", ylabel="CPU seconds")
    logarithmic(seconds.yaxis)
    memory.set(xscale="log", xlabel="records", ylabel="peak MiB")
    memory.set_ylim(0, 1.2 * max(result["memory"] for results in lines.values() for result in results.values()))
    for panel in (seconds, memory):
        panel.legend(frameon=False)
    save(figure, path)
