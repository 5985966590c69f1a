# Fields before calls, the key before all, more calls and more rights than are asked for.
rules=/etc/audit/rules.d/10-all.rules
sed -i -e 's/^-a always,exit \(-F arch=b..\) \(-S [a-z_0-9]*\)\(.*\)\( -k [a-zA-Z_-]*\)$/-a always,exit \1\3 \2,getpid\4/' \
    -e 's/^-w \([^ ]*\) -p wa -k \(.*\)$/-w \1 -k \2 -p rwxa/' $rules
