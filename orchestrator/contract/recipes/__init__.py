"""Recipes: what a provider's HTTP API looks like, as YAML says it, compiled once. Adapters are made of these parts."""
