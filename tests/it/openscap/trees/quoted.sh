# Quotes about each value.
settings -e 's/^\([A-Za-z_.]*\)\( *= *\)\([^ "]*\)$/\1\2"\3"/' -e 's/^\([A-Z][A-Za-z_]*\) \([^ "]*\)$/\1 "\2"/'
