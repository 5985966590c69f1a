# Blanks after each line.
settings 's/$/ \t /'
