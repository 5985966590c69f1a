# Each value before the right one, another one.
before() { sed -e "$1" "$2" >/tmp/bad; cat "$2" >>/tmp/bad; cat /tmp/bad >"$2"; rm /tmp/bad; }
flip='/^Subsystem/d; s/ yes$/ MUCH/; s/ no$/ yes/; s/ MUCH$/ no/; s/ \([0-9][0-9]*\)$/ \19/; s/VERBOSE/QUIET/; s/issue.*$/motd/'
before "$flip" /etc/ssh/sshd_config
before 's/ \([0-9][0-9]*\)$/ 0/; s/SHA512/MD5/; s/027/000/' /etc/login.defs
before 's/= .*/= 0/' /etc/security/faillock.conf
before 's/= .*/= 0/' /etc/security/pwquality.conf
before '/_action/!d; s/= .*/= ignore/; s/^\(max.*\)ignore/\1rotate/' /etc/audit/auditd.conf
sed -i '1i freq = 9\nmax_log_file = 1\nlog_format = RAW\nwrite_logs = no\nlocal_events = no\naction_mail_acct = nobody' /etc/audit/auditd.conf
before 's/= .*/= 7/' /etc/sysctl.d/60-hardened.conf
before 's/=.*/=yes/; s/^.*SizeMax.*/ProcessSizeMax=1G/' /etc/systemd/coredump.conf
before 's/=.*/=volatile/' /etc/systemd/journald.conf
before 's/=.*/= all/' /etc/postfix/main.cf
for file in /etc/profile /etc/bash.bashrc; do sed -i '1i umask 000\nTMOUT=0' $file; done
sed -i '1i Defaults !use_pty\nDefaults !logfile' /etc/sudoers
sed -i '1i root: nobody\npostmaster: nobody' /etc/aliases
sed -i '1i $FileCreateMode 0666' /etc/rsyslog.conf
sed -i '1i * hard core unlimited\n* hard maxlogins 99' /etc/security/limits.d/site.conf
sed -i '1i INACTIVE=-1' /etc/default/useradd
sed -i '1i -e 0' /etc/audit/rules.d/10-all.rules
sed -i '1i install rds /sbin/modprobe --ignore-install rds' /etc/modprobe.d/hardened.conf
sed -i '1i APT::Get::AllowUnauthenticated "true";' /etc/apt/apt.conf.d/99secure
