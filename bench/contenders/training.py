"""PyTorch's training of one GRU, one thread, told what to do by one line of JSON at a time; see trainingPytorch.mjs."""

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


class Bench:
    """nn.GRU with nn.Linear on all steps, mean squared error, fused Adam; sequences in time-major order."""

    def __init__(self, size, rate, arrays):
        inputs, hidden = size["inputSize"], size["hiddenSize"]
        self.gru = nn.GRU(inputs, hidden)
        self.head = nn.Linear(hidden, 1)
        parameters = [*self.gru.parameters(), *self.head.parameters()]
        for parameter, name in zip(parameters, ("wi", "wh", "bi", "bh", "headW", "headB")):
            parameter.data = floats(arrays[name], *parameter.shape)
        self.adam = torch.optim.Adam(parameters, lr=rate, fused=True)
        sequences = (size["batch"], size["time"])
        self.x = floats(arrays["x"], *sequences, inputs).transpose(0, 1).contiguous()
        self.target = floats(arrays["target"], *sequences, 1).transpose(0, 1).contiguous()

    def update(self):
        self.adam.zero_grad()
        loss = nn.functional.mse_loss(self.head(self.gru(self.x)[0]), self.target)
        loss.backward()
        self.adam.step()
        return loss

    def losses(self, updates):
        return [self.update().item() for _ in range(updates)]

    def measure(self, steps):
        """CPU microseconds of all threads per update."""
        begun = time.process_time()
        for _ in range(steps):
            self.update()
        return 1e6 * (time.process_time() - begun) / steps


def main():
    bench = None
    for line in sys.stdin:
        request = json.loads(line)
        task = request.pop("task")
        if task == "open":
            bench = Bench(**request)
            answer = {"version": torch.__version__}
        elif task == "states":
            answer = bench.losses(**request)
        else:
            answer = bench.measure(**request)
        print("answer", json.dumps(answer), flush=True)


main()
