"""What comes in and what goes out, as pydantic models: they check requests, write answers and make `/openapi.json`."""
