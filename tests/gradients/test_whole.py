from __future__ import annotations

import pytest
import torch

from brushwork.encoders.preprocess import make_caffe_preprocess
from brushwork.encoders.vgg import make_vgg
from brushwork.gradients import evaluate_whole
from brushwork.gradients.whole import capture_cuda_graph, with_cuda_graph
from brushwork.losses.gram import GramLoss
from brushwork.losses.total_variation import TotalVariationLoss
from brushwork.objective import Objective
from tolerances import SINGLE


@pytest.fixture(scope="module")
def evaluate():
    torch.manual_seed(0)
    style = Objective.single("style", GramLoss("relu1_1", torch.zeros(1, 64, 64), 1e-9))
    return evaluate_whole(
        make_vgg(16, make_caffe_preprocess()), style + Objective.single("smooth", TotalVariationLoss(2, 1.0, 1.0), 0.5)
    )


class FakeCudaGraph:
    """Stands in for CUDA graphs: does the work once to record it, and once for each replay."""

    def __init__(self):
        self.recorded = self.replays = 0

    def __call__(self, work):
        self.recorded += 1
        work()

        def replay():
            self.replays += 1
            work()

        return replay


def picture(seed, side=16):
    return torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(seed)).requires_grad_()


def assert_same(evaluate, other, seed, side=16):
    one, two = picture(seed, side), picture(seed, side)
    found, expected = evaluate(one), other(two)
    assert torch.equal(found.total, expected.total)
    assert all(torch.equal(found.terms[name], value) for name, value in expected.terms.items())
    assert torch.equal(one.grad, two.grad)
    return found, one.grad


def test_a_replay_is_the_evaluation(evaluate):
    fake_graph = FakeCudaGraph()
    again = with_cuda_graph(evaluate, fake_graph)
    for seed in range(3):
        assert_same(again, evaluate, seed)
    assert (fake_graph.recorded, fake_graph.replays) == (1, 3)


def test_what_was_returned_is_not_written_to_again(evaluate):
    again = with_cuda_graph(evaluate, FakeCudaGraph())
    losses, gradient = assert_same(again, evaluate, 0)
    before = losses.total.clone(), gradient.clone()
    assert_same(again, evaluate, 1)
    assert torch.equal(losses.total, before[0]) and torch.equal(gradient, before[1])


def test_gradients_add_up(evaluate):
    image, again = picture(0), with_cuda_graph(evaluate, FakeCudaGraph())
    again(image)
    once = image.grad.clone()
    again(image)
    torch.testing.assert_close(image.grad, 2 * once, rtol=SINGLE, atol=0)


def test_another_size_is_evaluated_as_before(evaluate):
    fake_graph = FakeCudaGraph()
    again = with_cuda_graph(evaluate, fake_graph)
    assert_same(again, evaluate, 0)
    assert_same(again, evaluate, 0, side=20)
    assert (fake_graph.recorded, fake_graph.replays) == (1, 1)


def test_what_cannot_be_recorded_is_evaluated_as_before(evaluate):
    tried = []

    def refuse(work):
        tried.append(work)
        raise RuntimeError("operation not permitted when stream is capturing")

    again = with_cuda_graph(evaluate, refuse)
    for seed in range(2):
        assert_same(again, evaluate, seed)
    assert len(tried) == 1


def test_other_devices_are_left_alone(evaluate):
    assert_same(with_cuda_graph(evaluate), evaluate, 0)


def test_the_order_of_a_recording_on_cuda(monkeypatch):
    """Warmed up on another stream, then captured, then replayed as often as asked."""
    log = []

    class Stream:
        def wait_stream(self, other):
            log.append("wait")

    class Block:
        def __init__(self, name):
            self.name = name

        def __enter__(self):
            log.append(f"{self.name} {{")

        def __exit__(self, *_):
            log.append("}")

    class Graph:
        def replay(self):
            log.append("replay")

    monkeypatch.setattr(torch.cuda, "Stream", Stream)
    monkeypatch.setattr(torch.cuda, "current_stream", Stream)
    monkeypatch.setattr(torch.cuda, "stream", lambda stream: Block("aside"))
    monkeypatch.setattr(torch.cuda, "CUDAGraph", Graph)
    monkeypatch.setattr(torch.cuda, "graph", lambda graph: Block("capture"))
    capture_cuda_graph(lambda: log.append("work"))()
    assert log == ["wait", "aside {", *["work"] * 3, "}", "wait", "capture {", "work", "}", "replay"]
