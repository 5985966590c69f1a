# Names that only end as those that count.
settings -e 's/^\([A-Za-z_]\)/x\1/'
