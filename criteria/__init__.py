"""Reasons for intensified effort: versions, approval, the default catalogue."""
