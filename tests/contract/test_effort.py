"""An effort is a word or a time; a time is the cap too."""

import pytest
from pydantic import ValidationError

from kytos.contract.params import Effort, SolverParams


@pytest.mark.parametrize(
    ("given", "seconds"), [("20s", 20.0), ("2m", 120.0), ("1.5", 1.5), (7, 7.0), ("0.5h", 1800.0)]
)
def test_a_time_is_read_and_is_the_cap(given: object, seconds: float) -> None:
    params = SolverParams.model_validate({"effort": given})
    assert (params.effort, params.time_limit_s) == (seconds, seconds)


def test_a_cap_of_its_own_stays() -> None:
    params = SolverParams.model_validate({"effort": "1m", "time_limit_s": 5})
    assert (params.effort, params.time_limit_s) == (60.0, 5.0)


def test_words_leave_the_cap_as_it_is() -> None:
    assert SolverParams(effort="quick").effort is Effort.QUICK  # type: ignore[arg-type]
    assert SolverParams().effort is Effort.NORMAL
    assert SolverParams.model_validate({"effort": "thorough"}).time_limit_s == 30.0


@pytest.mark.parametrize("given", ["much", "-3s", "0", "", "nan", "infs", True, None, [1]])
def test_anything_else_is_refused(given: object) -> None:
    with pytest.raises(ValidationError):
        SolverParams.model_validate({"effort": given})


def test_an_effort_is_kept_over_json() -> None:
    for given in ("thorough", "12s"):
        params = SolverParams.model_validate({"effort": given})
        assert SolverParams.model_validate_json(params.model_dump_json()) == params
