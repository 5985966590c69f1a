# Blanks before the mark of a comment.
settings 's/^/ \t# /'
