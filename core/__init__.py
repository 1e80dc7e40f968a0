"""What knows no table: text, weeks, answers, forms, paper."""
