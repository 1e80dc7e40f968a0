"""What is due, the daily digest, and Min dag."""
