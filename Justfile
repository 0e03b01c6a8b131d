# The few commands everyone needs; `just` alone lists them.

default:
    @just --list

# Run every test; arguments go to pytest.
test *arguments:
    uv run pytest {{ arguments }}

# Lint and check the format.
lint:
    uv run ruff check
    uv run ruff format --check

# Check the types.
types:
    uv run mypy

# Check that the documentation covers every setting, page, command and route.
docs:
    uv run pytest tests/test_docs.py tests/test_architecture.py

# Bring the catalogues of translations up to date with the code; then translate what is new.
catalogue:
    uv run python docs/catalogue.py

# Start the dashboard.
app:
    uv run streamlit run app.py

# Photograph every page and state, or those whose names match, into docs/shots/ (git keeps none of it).
shots only="":
    uv run python docs/screenshots.py {{ quote(only) }}

# Start the HTTP service on this machine only.
api:
    uv run uvicorn kytos.api:app --host 127.0.0.1 --port 8000

# Run a benchmark by name, for example `just bench load`; results go to benchmarks/results/.
bench name *arguments:
    uv run python -m benchmarks.{{ name }} {{ arguments }}

# Pin every library anew, to the newest release that pyproject.toml allows.
constraints:
    uv lock --upgrade
    uv export --quiet --no-hashes --no-annotate --no-header --no-emit-project --all-extras \
        --output-file deploy/constraints.txt

# Run the property tests on new random examples, as a nightly run would; arguments go to pytest.
fuzz *arguments:
    HYPOTHESIS_PROFILE=fuzz uv run pytest -m "not browser" {{ arguments }}

# What CI runs.
ci:
    bash .ci/run
