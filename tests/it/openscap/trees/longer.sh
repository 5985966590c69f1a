# Names that only begin as those that count.
settings -e 's/^\([A-Za-z_.-]*\)/\1x/'
