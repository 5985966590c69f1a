# The last line of each file has no end.
settings ':a;N;$!ba;s/\n$//'
for file in /etc/ssh/sshd_config /etc/login.defs /etc/audit/auditd.conf /etc/security/faillock.conf \
    /etc/sysctl.d/60-hardened.conf /etc/sudoers /etc/audit/rules.d/99-final.rules; do
    text=$(cat $file)
    printf %s "$text" >$file
done
