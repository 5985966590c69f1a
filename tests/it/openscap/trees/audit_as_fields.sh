# Watches told as fields of a rule.
sed -i 's/^-w \([^ ]*[^/]\) -p wa -k \(.*\)$/-a always,exit -F path=\1 -F perm=wa -k \2/; s#^-w \([^ ]*\)/ -p wa -k \(.*\)$#-a always,exit -F dir=\1 -F perm=wa -k \2#' /etc/audit/rules.d/10-all.rules
