# Nobody's number as -1, and two blanks between words.
sed -i -e 's/auid!=unset/auid!=-1/' -e 's/ -F /  -F /g' /etc/audit/rules.d/10-all.rules
