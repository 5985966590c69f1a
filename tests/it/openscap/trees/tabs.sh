# Tabs in the place of blanks.
settings 's/ /\t/g'
