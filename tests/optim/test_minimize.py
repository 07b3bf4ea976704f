from __future__ import annotations

import itertools

import pytest
import torch
from safetensors.torch import load as read
from safetensors.torch import save as write

from brushwork.errors import InputError
from brushwork.optim import LBFGS, Adam, DivergenceGuard, PixelParametrization, minimize

OPTIMIZERS = {
    "plain": (lambda: LBFGS(history=5), PixelParametrization(255.0)),
    "box": (lambda: LBFGS(history=5), PixelParametrization(1.0, (0.3, 0.7))),
    "search": (lambda: LBFGS(history=5, line_search=True), PixelParametrization(255.0)),
    "search in a box": (lambda: LBFGS(history=5, line_search=True), PixelParametrization(255.0, (0.3, 0.7))),
    "adam": (lambda: Adam(0.02), PixelParametrization()),
    "averaged adam in a box": (
        lambda: Adam(5.0, betas=(0.9, 0.99), ema_decay=0.9),
        PixelParametrization(255.0, (0.3, 0.7)),
    ),
    "in half": (lambda: LBFGS(history=5, storage="bf16"), PixelParametrization(255.0)),
    "on disk": (lambda: DivergenceGuard(LBFGS(history=5, storage="disk")), PixelParametrization(255.0)),
    "guarded": (lambda: DivergenceGuard(LBFGS(history=5)), PixelParametrization()),
    "guarded adam": (lambda: DivergenceGuard(Adam(0.02, ema_decay=0.9)), PixelParametrization()),
}


def exploding(problems):
    """The painting's losses, with a broken gradient now and then: a guard has something to do."""
    painting = problems.painting(torch.float32, (1, 3, 7, 9))

    def evaluate(image):
        losses = painting(image)
        evaluate.calls += 1
        if evaluate.calls in evaluate.broken:
            image.grad.fill_(torch.nan)
        return losses

    evaluate.calls, evaluate.broken = 0, ()
    return evaluate


@pytest.fixture
def start():
    return torch.rand(1, 3, 7, 9, generator=torch.Generator().manual_seed(5))


def same(one, other):
    assert one.index == other.index
    assert one.note == other.note
    assert torch.equal(one.point, other.point)
    assert torch.equal(one.image, other.image)
    assert torch.equal(one.losses.total, other.losses.total)


def apart(state):
    """Without memory that is shared, which safetensors refuses."""
    return {name: value.clone() for name, value in state.items()}


@pytest.mark.slow
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_resumed_run_is_the_unbroken_run_bit_for_bit(problems, start, name):
    make, canvas = OPTIMIZERS[name]
    optimizer, evaluate = make(), problems.painting(torch.float32, start.shape)
    whole, saved = [], []
    for step in minimize(canvas, evaluate, optimizer, 25, init=start):
        whole.append(step)
        saved.append(write(apart({"point": step.point, **optimizer.state()})))
    assert len(whole) > 10
    for cut in range(0, len(whole), 3):
        state = read(saved[cut])
        resumed = make()
        resumed.load(state)
        rest = minimize(canvas, evaluate, resumed, 25, point=state["point"], evaluations=whole[cut].index)
        for one, other in itertools.zip_longest(whole[cut + 1 :], rest):
            same(one, other)


@pytest.mark.slow
@pytest.mark.parametrize(("make", "troubles"), [(lambda: LBFGS(lr=0.1), {6}), (lambda: Adam(0.02), {6, 12, 25})])
def test_a_resumed_guard_remembers_its_troubles(problems, start, make, troubles):
    def run(optimizer, broken, **where):
        evaluate = exploding(problems)
        evaluate.broken = broken
        for step in minimize(PixelParametrization(), evaluate, optimizer, 30, **where):
            yield step, write(apart({"point": step.point, **optimizer.state()}))

    whole = list(run(DivergenceGuard(make()), troubles, init=start))
    assert sum(step.note is not None for step, _ in whole) == len(troubles)
    for cut, (step, saved) in enumerate(whole):
        state, optimizer = read(saved), DivergenceGuard(make())
        optimizer.load(state)
        # Calls are counted anew, beginning with the repeated one.
        broken = {call - step.index + 1 for call in troubles if call > step.index}
        rest = run(optimizer, broken, point=state["point"], evaluations=step.index)
        for one, other in itertools.zip_longest(whole[cut + 1 :], rest):
            same(one[0], other[0])


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("budget", [1, 2, 7, 16])
def test_the_budget_counts_evaluations_and_is_kept(problems, start, name, budget):
    make, canvas = OPTIMIZERS[name]
    evaluate = problems.painting(torch.float32, start.shape)
    indices = []
    for step in minimize(canvas, evaluate, make(), budget, init=start):
        indices.append(step.index)
        assert evaluate.calls == step.index
    assert indices[0] == 1
    assert indices == sorted(set(indices))
    assert evaluate.calls <= budget
    assert "search" in name or indices == list(range(1, budget + 1))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_what_was_handed_out_is_never_written_to(problems, start, name):
    make, canvas = OPTIMIZERS[name]
    optimizer, given = make(), start.clone()
    kept = []
    for step in minimize(canvas, problems.painting(torch.float32, start.shape), optimizer, 20, init=given):
        tensors = {"point": step.point, "image": step.image, **optimizer.state()}
        kept.append((tensors, {key: value.clone() for key, value in tensors.items()}))
    assert torch.equal(given, start)
    for tensors, copies in kept:
        for key, tensor in tensors.items():
            assert torch.equal(tensor, copies[key])


def test_the_first_step_is_the_start(problems, start):
    evaluate = problems.painting(torch.float32, start.shape)
    first = next(minimize(PixelParametrization(255.0), evaluate, LBFGS(), 5, init=start))
    torch.testing.assert_close(first.image, start)
    assert set(first.losses.terms) == {"style", "content"}
    assert not first.losses.total.requires_grad
    assert not any(value.requires_grad for value in first.losses.terms.values())
    assert not first.image.requires_grad
    image = first.image.clone().requires_grad_()
    assert torch.equal(evaluate(image).total, first.losses.total)


def test_gradients_go_through_the_canvas(problems):
    """On a canvas of square roots the walk still reaches the target."""

    class Roots:
        bounds = None

        def to_image(self, point):
            return point**2

        def to_point(self, image):
            return image.sqrt()

    target = torch.rand(1, 3, 4, 4, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.3
    evaluate = problems.make_evaluate(lambda image: ((image - target) ** 2).sum())
    *_, last = minimize(Roots(), evaluate, LBFGS(line_search=True), 40, init=torch.full_like(target, 0.5))
    torch.testing.assert_close(last.image, target, rtol=0, atol=1e-4)


def test_a_finished_run_has_nothing_to_resume(problems, start):
    evaluate = problems.painting(torch.float32, start.shape)
    assert list(minimize(PixelParametrization(), evaluate, LBFGS(), 5, point=start, evaluations=5)) == []
    assert evaluate.calls == 0


def test_interrupts_pass_through(problems, start):
    painting = problems.painting(torch.float32, start.shape)

    def evaluate(image):
        if painting.calls == 3:
            raise KeyboardInterrupt
        return painting(image)

    seen = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(
            step.index for step in minimize(PixelParametrization(), evaluate, DivergenceGuard(LBFGS()), 9, init=start)
        )
    assert painting.calls == 3


def test_closing_early_leaves_a_checkpoint(problems, start):
    evaluate, optimizer = problems.painting(torch.float32, start.shape), LBFGS()
    steps = minimize(PixelParametrization(), evaluate, optimizer, 9, init=start)
    *_, last = itertools.islice(steps, 4)
    steps.close()
    rest = list(minimize(PixelParametrization(), evaluate, optimizer, 9, point=last.point, evaluations=last.index))
    whole = list(minimize(PixelParametrization(), evaluate, LBFGS(), 9, init=start))
    for one, other in zip(whole[4:], rest, strict=True):
        same(one, other)


def test_the_consumers_gradient_mode_is_left_alone(problems, start):
    evaluate = problems.painting(torch.float32, start.shape)
    for _ in minimize(PixelParametrization(), evaluate, LBFGS(), 3, init=start):
        assert torch.is_grad_enabled()
    with torch.no_grad():
        steps = list(minimize(PixelParametrization(), evaluate, LBFGS(), 3, init=start))
    assert not torch.equal(steps[0].point, steps[-1].point)


def test_a_start_outside_the_box_is_brought_in(problems, start):
    evaluate = problems.painting(torch.float32, start.shape)
    first = next(minimize(PixelParametrization(limits=(0.4, 0.5)), evaluate, LBFGS(), 3, point=start))
    assert torch.equal(first.image, start.clamp(0.4, 0.5))


def test_a_start_that_is_no_number_is_refused_by_name(problems, start):
    evaluate = problems.make_evaluate(lambda image: {"style": image.sum() * torch.nan, "content": image.sum()})
    with pytest.raises(InputError, match="the loss of style is not finite at the initial image"):
        next(minimize(PixelParametrization(), evaluate, LBFGS(), 3, init=start))
    steep = problems.make_evaluate(lambda image: (image - image.detach()).abs().sqrt().sum())
    with pytest.raises(InputError, match="the loss or its gradient is not finite"):
        next(minimize(PixelParametrization(), steep, LBFGS(), 3, init=start))


@pytest.mark.parametrize(
    ("places", "steps", "spent"), [((), 5, 0), (("init", "point"), 5, 0), (("init",), 0, 0), (("point",), 5, -1)]
)
def test_arguments_that_make_no_sense_are_refused(problems, start, places, steps, spent):
    evaluate = problems.make_evaluate(torch.sum)
    with pytest.raises(InputError):
        minimize(PixelParametrization(), evaluate, LBFGS(), steps, evaluations=spent, **dict.fromkeys(places, start))


def test_an_optimizer_that_overspends_is_stopped(problems, start):
    class Spender(Adam):
        def step(self, point, here, oracle):
            return super().step(point, super().step(point, here, oracle).evaluation, oracle)

    with pytest.raises(RuntimeError, match="evaluation budget is exhausted"):
        list(
            minimize(PixelParametrization(), problems.painting(torch.float32, start.shape), Spender(0.1), 4, init=start)
        )


def test_the_state_of_another_optimizer_is_refused(problems, start):
    adam = Adam(0.1)
    list(minimize(PixelParametrization(), problems.painting(torch.float32, start.shape), adam, 3, init=start))
    for other in (LBFGS(), DivergenceGuard(LBFGS()), DivergenceGuard(Adam(0.1)), Adam(0.1, ema_decay=0.9)):
        with pytest.raises(InputError, match="another optimizer"):
            other.load(adam.state())
