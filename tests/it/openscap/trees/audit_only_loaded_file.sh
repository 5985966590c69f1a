# What auditctl would load is there, and what it is made of is not.
rm /etc/audit/rules.d/*.rules
