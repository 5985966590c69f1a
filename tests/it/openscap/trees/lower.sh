# Small letters, which some programs do not mind.
settings -e 's/.*/\L&/'
