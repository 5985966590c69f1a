# Each value again at the end, another one.
bad() { sed -e "$1" "$2" >/tmp/bad; cat /tmp/bad >>"$2"; rm /tmp/bad; }
flip='/^Subsystem/d; s/ yes$/ MUCH/; s/ no$/ yes/; s/ MUCH$/ no/; s/ \([0-9][0-9]*\)$/ \19/; s/VERBOSE/QUIET/; s/issue.*$/motd/'
bad "$flip" /etc/ssh/sshd_config
bad 's/ \([0-9][0-9]*\)$/ 0/; s/SHA512/MD5/; s/027/000/' /etc/login.defs
bad 's/= .*/= 0/' /etc/security/faillock.conf
bad 's/= .*/= 0/' /etc/security/pwquality.conf
bad '/_action/!d; s/= .*/= ignore/; s/^\(max.*\)ignore/\1rotate/' /etc/audit/auditd.conf
printf 'freq = 9\nmax_log_file = 1\nlog_format = RAW\nwrite_logs = no\nlocal_events = no\naction_mail_acct = nobody\n' >>/etc/audit/auditd.conf
bad 's/= .*/= 7/' /etc/sysctl.d/60-hardened.conf
bad 's/=.*/=yes/; s/^.*SizeMax.*/ProcessSizeMax=1G/' /etc/systemd/coredump.conf
bad 's/=.*/=volatile/' /etc/systemd/journald.conf
bad 's/=.*/= all/' /etc/postfix/main.cf
printf 'Defaults !use_pty\nDefaults !logfile\nDefaults timestamp_timeout=99\n' >>/etc/sudoers
printf 'umask 000\nTMOUT=0\n' | tee -a /etc/bash.bashrc >>/etc/profile
printf 'root: nobody\npostmaster: nobody\n' >>/etc/aliases
printf 'install rds /sbin/modprobe --ignore-install rds\ninstall tipc /sbin/insmod tipc.ko\n' >>/etc/modprobe.d/hardened.conf
printf 'pool 2.debian.pool.ntp.org\nuser root\n' >>/etc/chrony/chrony.conf
printf '$FileCreateMode 0666\n' >>/etc/rsyslog.conf
printf '* hard core unlimited\n* hard maxlogins 99\n' >>/etc/security/limits.d/site.conf
printf 'INACTIVE=-1\n' >>/etc/default/useradd
printf -- '-e 0\n' >>/etc/audit/rules.d/99-final.rules
printf 'APT::Get::AllowUnauthenticated "true";\n' >>/etc/apt/apt.conf.d/99secure
