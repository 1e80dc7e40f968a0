"""The invented world one tries the board in: region Sundbæk, two teams, six homes, ten weeks. Knows every app."""
