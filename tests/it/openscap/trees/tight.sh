# No blank about any `=`.
settings 's/ *= */=/g'
