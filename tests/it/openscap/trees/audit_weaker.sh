# Less than is asked for: other users, one right, one condition more.
rules=/etc/audit/rules.d/10-all.rules
sed -i -e 's/auid>=1000/auid>=2000/' -e 's/-p wa/-p w/' -e 's/exit=-EPERM/exit=-ENOENT/' -e 's/arch=b64 -S adjtimex/arch=b64 -S adjtimex -F uid=0/' $rules
sed -i -e 's/perm=x/perm=r/' $rules
sed -i 's/-e 2/-e 1/' /etc/audit/rules.d/99-final.rules
