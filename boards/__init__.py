"""The board: texts, levels, interventions, early signs, and the live stream."""
