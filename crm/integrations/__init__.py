"""Webhooks, change feed, bulk work, import and export, adapters to other systems."""
