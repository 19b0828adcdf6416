"""PyTorch's GRUs, one thread, told what to do by one line of JSON at a time; see pytorch.mjs."""

import base64
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy
import torch
from torch import nn

torch.set_num_threads(1)


def floats(text, *shape):
    return torch.from_numpy(numpy.frombuffer(base64.b64decode(text), "<f4").reshape(shape).copy())


def cell(size, weights, make):
    layer = make(size["inputSize"], size["hiddenSize"])
    for parameter, name in zip(layer.parameters(), ("wi", "wh", "bi", "bh")):
        parameter.data = floats(weights[name], *parameter.shape)
    return layer.eval()


def steppers(size, weights, streams):
    """Functions x [streams, inputs], h [streams, hidden] -> h."""
    eager = cell(size, weights, nn.GRUCell)
    x, h = torch.zeros(streams, size["inputSize"]), torch.zeros(streams, size["hiddenSize"])
    frozen = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(eager, (x, h))))
    layer = cell(size, weights, nn.GRU)
    return {
        "GRUCell": eager,
        "GRUCell, frozen jit": frozen,
        "nn.GRU": lambda x, h: layer(x[None], h[None])[1][0],
    }


class Bench:
    def __init__(self, size, weights, streams, inputs):
        self.steppers = steppers(size, weights, streams)
        self.inputs = [floats(x, streams, size["inputSize"]) for x in inputs]
        self.first = torch.zeros(streams, size["hiddenSize"])
        self.running = {name: self.first for name in self.steppers}

    def states(self, name, rows):
        """States of some streams after each input, from zero."""
        h, states = self.first, []
        for x in self.inputs:
            h = self.steppers[name](x, h)
            states += h[rows].flatten().tolist()
        return states

    def measure(self, name, steps):
        """CPU microseconds of all threads per step."""
        step, inputs, h = self.steppers[name], self.inputs, self.running[name]
        count = len(inputs)
        begun = time.process_time()
        for i in range(steps):
            h = step(inputs[i % count], h)
        spent = time.process_time() - begun
        self.running[name] = h
        return 1e6 * spent / steps


def main():
    bench = None
    for line in sys.stdin:
        request = json.loads(line)
        task = request.pop("task")
        if task == "open":
            bench = Bench(**request)
            answer = {"version": torch.__version__, "names": list(bench.steppers)}
        elif task == "states":
            answer = bench.states(**request)
        else:
            answer = bench.measure(**request)
        print("answer", json.dumps(answer), flush=True)


with torch.inference_mode():
    main()
