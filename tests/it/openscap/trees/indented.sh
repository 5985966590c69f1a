# Blanks before each line.
settings 's/^/ \t/'
