# Capital letters, which some programs do not mind.
settings -e 's/.*/\U&/'
