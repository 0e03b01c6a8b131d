"""The questions over HTTP; ``uvicorn kytos.api:app`` serves them."""

from kytos.extras import SERVICE, require

require("The HTTP service", SERVICE)

from kytos.api.application import Dashboard, create_app  # noqa: E402  (FastAPI is an extra)
from kytos.api.settings import Settings  # noqa: E402

app = create_app(Settings.from_environment())

__all__ = ["Dashboard", "Settings", "app", "create_app"]
