# A file that is read later says otherwise.
mkdir -p /etc/ssh/sshd_config.d /etc/security/pwquality.conf.d /etc/systemd/coredump.conf.d \
    /etc/systemd/journald.conf.d
echo 'Include /etc/ssh/sshd_config.d/*.conf' >>/etc/ssh/sshd_config
printf 'PermitRootLogin yes\nPermitEmptyPasswords yes\nMaxAuthTries 99\nX11Forwarding yes\nLogLevel QUIET\nBanner none\nUsePAM no\nClientAliveInterval 0\n' >/etc/ssh/sshd_config.d/99-late.conf
sed 's/= .*/= 7/' /etc/sysctl.d/60-hardened.conf >/etc/sysctl.d/99-late.conf
printf 'minlen = 4\nminclass = 1\nretry = 9\ndcredit = 0\nucredit = 0\nlcredit = 0\nocredit = 0\n' >/etc/security/pwquality.conf.d/99-late.conf
printf '[Coredump]\nStorage=external\nProcessSizeMax=1G\n' >/etc/systemd/coredump.conf.d/99-late.conf
printf '[Journal]\nStorage=volatile\nCompress=no\nForwardToSyslog=no\n' >/etc/systemd/journald.conf.d/99-late.conf
printf 'Defaults !use_pty\nDefaults !logfile\n' >/etc/sudoers.d/late
printf '%%sudo ALL=(ALL) NOPASSWD: ALL\n' >/etc/sudoers.d/nopasswd
printf '* hard core unlimited\n* hard maxlogins 99\n' >/etc/security/limits.d/zz-late.conf
printf 'umask 000\n' >/etc/profile.d/zz-late.sh
printf 'export TMOUT=0\n' >>/etc/profile.d/zz-late.sh
printf -- '-D\n' >/etc/audit/rules.d/98-late.rules
printf 'install rds /sbin/modprobe -i rds\n' >/etc/modprobe.d/zz-late.conf
printf 'pool 2.debian.pool.ntp.org iburst\n' >/etc/chrony/conf.d/late.conf
printf '$FileCreateMode 0666\n' >/etc/rsyslog.d/late.conf
