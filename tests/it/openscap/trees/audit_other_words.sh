# The same events, each told in another way that auditctl takes.
rules=/etc/audit/rules.d/10-all.rules
sed -i -e 's/always,exit/exit,always/' -e 's/-k \([a-zA-Z-]*\)$/-F key=\1/' $rules
sed -i -e 's/-p wa/-p aw/' -e 's/auid!=unset/auid!=4294967295/' $rules
