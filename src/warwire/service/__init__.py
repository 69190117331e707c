"""The prediction API: one model, many callers, batches, limits and metrics."""
