# Every setting is a comment.
settings 's/^/#/'
