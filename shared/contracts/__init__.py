"""The published language: one frozen dataclass per event. Ids and times only (L03)."""
