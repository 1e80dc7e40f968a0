"""Pages of samples, anchors, retention, insight and who has seen a resident."""
