"""The vocabulary of signals: the words that metrics rooms, recordings and the evidence engine share.

The words are those of the recordings' form. A signal that is not listed here is kept, shown under its own
name, and treated as one that may move either way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Family = Literal["errors", "latency", "traffic", "saturation", "instances", "network", "other"]
Place = Literal["service", "caller", "machine"]
"""Where a figure is taken: where the request is served, where it is waited for, or on the machine under the pods."""


@dataclass(frozen=True, slots=True)
class Signal:
    name: str
    label: str
    """As the briefing shows it."""
    unit: Literal["%", "s", "/s", "m", "MiB", "B/s", ""]
    worse: Literal["up", "down", "either"]
    family: Family
    place: Place = "service"
    beyond: float = 1.0
    """The share of the requests that the figure speaks of: of a 99th percentile the slowest hundredth."""


_ALL = (
    Signal("error_rate", "Errors", "%", "up", "errors"),
    Signal("availability", "Success", "%", "down", "errors"),
    Signal("latency", "Latency", "s", "up", "latency"),
    Signal("latency_avg", "Latency avg", "s", "up", "latency"),
    *(Signal(f"latency_p{p}", f"p{p}", "s", "up", "latency", beyond=1 - p / 100) for p in (50, 75, 90, 95, 99)),
    Signal("client_latency", "Latency at caller", "s", "up", "latency", "caller"),
    Signal("client_latency_avg", "Latency avg at caller", "s", "up", "latency", "caller"),
    *(
        Signal(f"client_latency_p{p}", f"p{p} at caller", "s", "up", "latency", "caller", 1 - p / 100)
        for p in (50, 75, 90, 95, 99)
    ),
    Signal("requests", "Traffic", "/s", "either", "traffic"),
    Signal("cpu", "CPU", "%", "up", "saturation"),
    Signal("memory", "Memory", "%", "up", "saturation"),
    Signal("disk", "Disk", "%", "up", "saturation"),
    Signal("connections", "Connections", "%", "up", "saturation"),
    Signal("cpu_usage", "CPU used", "m", "up", "saturation"),
    Signal("memory_usage", "Memory used", "MiB", "up", "saturation"),
    Signal("disk_read", "Disk reads", "", "either", "other"),
    Signal("disk_write", "Disk writes", "", "either", "other"),
    Signal("network_rx", "Network in", "B/s", "either", "network"),
    Signal("network_tx", "Network out", "B/s", "either", "network"),
    Signal("node_cpu", "CPU of the node", "%", "up", "saturation", "machine"),
    Signal("node_memory", "Memory of the node", "%", "up", "saturation", "machine"),
    Signal("node_network_rx", "Network in, node", "B/s", "either", "network", "machine"),
    Signal("node_network_tx", "Network out, node", "B/s", "either", "network", "machine"),
    Signal("instances_up", "Instances", "", "down", "instances"),
    Signal("instances_wanted", "Instances wanted", "", "either", "instances"),
    Signal("restarts", "Restarts", "", "up", "instances"),
)

SIGNALS: dict[str, Signal] = {signal.name: signal for signal in _ALL}


def signal(name: str) -> Signal:
    """What is known of a signal; an unknown name is kept as its own label and may move either way."""
    return SIGNALS.get(name) or Signal(name, name.replace("_", " "), "", "either", "other")
