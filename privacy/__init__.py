"""What is kept and who has seen it: samples of look-ups, who has looked, insight, retention and erasing."""
