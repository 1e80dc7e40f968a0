"""Log and control: the weekly sample of look-ups a leader answers for, and who has looked at a resident."""
