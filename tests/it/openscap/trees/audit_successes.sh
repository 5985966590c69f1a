# Only what has succeeded.
sed -i 's/-F auid>=1000/-F success=1 -F auid>=1000/' /etc/audit/rules.d/10-all.rules
