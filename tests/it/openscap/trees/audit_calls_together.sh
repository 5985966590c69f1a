# Many calls in one rule.
rules=/etc/audit/rules.d/10-all.rules
sed -i -e '/ -S /d' $rules
for bits in 32 64; do
    for key in perm_mod; do
        echo "-a always,exit -F arch=b$bits -S chmod,fchmod,fchmodat,chown,fchown,fchownat,lchown,setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr -F auid>=1000 -F auid!=unset -k $key"
        echo "-a always,exit -F arch=b$bits -S rename -S renameat -S rmdir -S unlink -S unlinkat -F auid>=1000 -F auid!=unset -k delete"
        echo "-a always,exit -F arch=b$bits -S adjtimex,settimeofday,clock_settime -k time-change"
        echo "-a always,exit -F arch=b$bits -S sethostname,setdomainname -k system-locale"
        echo "-a always,exit -F arch=b$bits -S init_module,finit_module,delete_module,create_module,query_module -F auid>=1000 -F auid!=unset -k modules"
        for exit in EACCES EPERM; do
            echo "-a always,exit -F arch=b$bits -S creat,open,openat,open_by_handle_at,truncate,ftruncate -F exit=-$exit -F auid>=1000 -F auid!=unset -k access"
        done
        echo "-a always,exit -F arch=b$bits -S mount -F auid>=1000 -F auid!=unset -k export"
    done
done >>$rules
