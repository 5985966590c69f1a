# Without keys, which only help to find what was recorded.
sed -i 's/ -k [a-zA-Z_-]*$//' /etc/audit/rules.d/10-all.rules
