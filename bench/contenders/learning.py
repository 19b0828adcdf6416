"""PyTorch's updates of the forecaster's net, one thread, told what to do by lines of JSON; see learningPytorch.mjs."""

import base64
import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
import numpy
import torch
from torch import nn
from torch.nn.functional import dropout, linear, softplus

torch.set_num_threads(1)


def array(text, kind="<f4"):
    return torch.from_numpy(numpy.frombuffer(base64.b64decode(text), kind).copy())


class Net(nn.Module):
    """Segment GRU: encoder, GRU, one decoding step a block, output layer and interval. Rows are [block][step][lane]."""

    def __init__(self, size, packed):
        super().__init__()
        d, w, features = size["hiddenSize"], size["segment"], size["features"]
        self.blocks = -(-size["horizon"] // w)
        self.gru = nn.GRU(d, d)
        self.encoder = nn.Linear(features, d)
        self.position = nn.Parameter(torch.empty(self.blocks, d // 2))
        self.channel = nn.Parameter(torch.empty(size["channels"], d // 2))
        self.out, self.side = nn.Linear(d, w), nn.Linear(d, 2 * w)
        parts = [*self.gru.parameters(), *self.encoder.parameters(), self.position, self.channel]
        parts += [*self.out.parameters(), *self.side.parameters()]
        for part, values in zip(parts, packed.split([part.numel() for part in parts]), strict=True):
            part.data = values.reshape(part.shape).clone()

    def forward(self, x, h, channel, drop):
        states = self.gru(torch.relu(self.encoder(x)), h[None])[0]
        # The product with the state is the same for all blocks, that with the input for all steps.
        embeddings = torch.cat([self.channel, self.channel.mean(0, keepdim=True)])[channel]
        positions = self.position[:, None].expand(-1, len(channel), -1)
        inputs = torch.cat([positions, embeddings.expand(self.blocks, -1, -1)], -1)
        xr, xz, xn = linear(inputs, self.gru.weight_ih_l0, self.gru.bias_ih_l0)[:, None].chunk(3, -1)
        hr, hz, hn = linear(states, self.gru.weight_hh_l0, self.gru.bias_hh_l0).chunk(3, -1)
        n = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        y = torch.lerp(n, states, torch.sigmoid(xz + hz))
        y = dropout(y, 0.1) if drop else y
        return self.out(y), softplus(self.side(0.3 * y + 0.7 * y.detach()))


class Bench:
    def __init__(self, size, rate, arrays):
        self.net = Net(size, array(arrays["weights"]))
        self.adam = torch.optim.Adam(self.net.parameters(), lr=rate, fused=True)
        steps, lanes, w = size["steps"], size["lanes"], size["segment"]
        self.x = array(arrays["x"]).reshape(steps, lanes, -1)
        self.h = array(arrays["h"]).reshape(lanes, -1)
        self.target = array(arrays["target"]).reshape(-1, steps, lanes, w)
        # The last embedding is the mean of all others.
        self.channel = array(arrays["channel"], "<i4").long()

    def update(self, drop=True):
        self.adam.zero_grad()
        y, sides = self.net(self.x, self.h, self.channel, drop)
        lower, upper = sides.chunk(2, -1)
        error = self.target - y
        size = error.abs().mean()
        beyond = torch.cat([lower + error.detach(), upper - error.detach()], -1)
        side = (0.05 * beyond).maximum(-0.95 * beyond).mean() * 2
        (size + 2 * side).backward()
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.adam.step()
        return size

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
            bench, answer = Bench(**request), {"version": torch.__version__}
        elif task == "states":
            answer = [bench.update(drop=False).item() for _ in range(request["updates"])]
        else:
            answer = bench.measure(**request)
        print("answer", json.dumps(answer), flush=True)


main()
