# Lines end as those of another system.
settings 's/$/\r/'
