# Two blanks for one, and some about each `=` that stands between words.
settings -e 's/  */  /g' -e 's/\([a-z]\)=\([a-z0-9]\)/\1  =  \2/'
