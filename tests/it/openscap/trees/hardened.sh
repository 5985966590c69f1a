# As many rules hold as can, each in the plainest way that there is.
cat >/etc/ssh/sshd_config <<'END'
PermitRootLogin no
PermitEmptyPasswords no
GSSAPIAuthentication no
KerberosAuthentication no
HostbasedAuthentication no
IgnoreRhosts yes
IgnoreUserKnownHosts yes
AllowTcpForwarding no
X11Forwarding no
PermitUserEnvironment no
UsePAM yes
PubkeyAuthentication yes
StrictModes yes
Banner /etc/issue.net
AllowGroups sudo
PrintLastLog yes
RekeyLimit 512M 1h
ClientAliveInterval 300
ClientAliveCountMax 1
LoginGraceTime 60
LogLevel VERBOSE
MaxAuthTries 4
MaxSessions 10
MaxStartups 10:30:60
END
chmod 0600 /etc/ssh/sshd_config
printf 'Authorized uses only.\n' >/etc/issue.net

# PAM and accounts.
cat >/etc/login.defs <<'END'
UMASK 027
HOME_MODE 0700
PASS_MAX_DAYS 365
PASS_MIN_DAYS 1
PASS_MIN_LEN 15
PASS_WARN_AGE 7
FAIL_DELAY 4
UID_MIN 1000
UID_MAX 60000
SYS_UID_MIN 101
SYS_UID_MAX 999
GID_MIN 1000
GID_MAX 60000
USERGROUPS_ENAB yes
ENCRYPT_METHOD SHA512
SHA_CRYPT_MIN_ROUNDS 65536
SHA_CRYPT_MAX_ROUNDS 65536
END
cat >/etc/pam.d/common-auth <<'END'
auth	required			pam_faillock.so preauth
auth	[success=1 default=ignore]	pam_unix.so
auth	[default=die]			pam_faillock.so authfail
auth	sufficient			pam_faillock.so authsucc
auth	requisite			pam_deny.so
auth	required			pam_permit.so
END
cat >/etc/pam.d/common-account <<'END'
account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
account	required			pam_faillock.so
END
cat >/etc/pam.d/common-password <<'END'
password	requisite			pam_pwquality.so retry=3
password	requisite			pam_pwhistory.so remember=24 use_authtok enforce_for_root
password	[success=1 default=ignore]	pam_unix.so obscure use_authtok try_first_pass yescrypt rounds=100000
password	requisite			pam_deny.so
password	required			pam_permit.so
END
sed -i '1i auth required pam_faildelay.so delay=4000000' /etc/pam.d/login
printf 'auth required pam_wheel.so use_uid group=sugroup\n' | cat - /etc/pam.d/su >/etc/pam.d/su.new
mv /etc/pam.d/su.new /etc/pam.d/su
printf 'sugroup:x:900:\n' >>/etc/group
printf 'sugroup:*::\n' >>/etc/gshadow
printf 'deny = 3\nfail_interval = 900\nunlock_time = 900\naudit\nsilent\neven_deny_root\n' >/etc/security/faillock.conf
printf 'minlen = 15\nminclass = 4\ndcredit = -1\nucredit = -1\nlcredit = -1\nocredit = -1\ndifok = 8\nmaxrepeat = 3\nmaxsequence = 3\ndictcheck = 1\nenforcing = 1\nenforce_for_root\nretry = 3\n' >/etc/security/pwquality.conf
printf '* hard core 0\n* hard maxlogins 10\n' >/etc/security/limits.d/site.conf
chmod 0700 /var/log/audit
printf 'umask 027\ntypeset -xr TMOUT=600\n' >/etc/profile
printf 'umask 027\n' >/etc/bash.bashrc
printf 'umask 027\n' >/etc/csh.cshrc
printf 'declare -xr TMOUT=600\n' >/etc/profile.d/tmout.sh
printf 'INACTIVE=30\n' >/etc/default/useradd
printf 'APT::Get::AllowUnauthenticated "false";\n' >/etc/apt/apt.conf.d/99secure

# sudo.
cat >/etc/sudoers <<'END'
Defaults env_reset
Defaults use_pty
Defaults logfile="/var/log/sudo.log"
Defaults timestamp_timeout=15
root ALL=(ALL:ALL) ALL
%sudo ALL=(ALL:ALL) ALL
@includedir /etc/sudoers.d
END
chmod 0440 /etc/sudoers
chmod 0750 /etc/sudoers.d

# Audit.
cat >/etc/audit/auditd.conf <<'END'
local_events = yes
write_logs = yes
log_file = /var/log/audit/audit.log
log_format = ENRICHED
log_group = root
flush = INCREMENTAL_ASYNC
freq = 50
max_log_file = 8
num_logs = 5
max_log_file_action = keep_logs
space_left = 100
space_left_action = email
action_mail_acct = root
admin_space_left = 50
admin_space_left_action = single
disk_full_action = halt
disk_error_action = halt
overflow_action = syslog
END
rules=/etc/audit/rules.d/10-all.rules
: >$rules
watch() { echo "-w $1 -p wa -k $2" >>$rules; }
call() { # the calls, each of its own
    for name in $2; do
        for bits in 32 64; do
            echo "-a always,exit -F arch=b$bits -S $name $3-F auid>=1000 -F auid!=unset -k $1" >>$rules
        done
    done
}
system() {
    for name in $2; do
        for bits in 32 64; do
            echo "-a always,exit -F arch=b$bits -S $name $3-k $1" >>$rules
        done
    done
}
runs() { echo "-a always,exit -F path=$1 -F perm=x -F auid>=1000 -F auid!=unset -k privileged" >>$rules; }
for file in passwd group gshadow shadow security/opasswd; do watch /etc/$file identity; done
for file in sudoers sudoers.d/; do watch /etc/$file actions; done
for file in faillog lastlog tallylog; do watch /var/log/$file logins; done
watch /var/run/faillock logins
watch /var/run/utmp session
watch /var/log/wtmp session
watch /var/log/btmp session
watch /etc/localtime time-change
watch /etc/apparmor/ MAC-policy
watch /etc/apparmor.d/ MAC-policy
watch /etc/selinux/ MAC-policy
watch /usr/share/selinux/ MAC-policy
for file in issue issue.net hosts networks network/ hostname sysconfig/network; do watch /etc/$file system-locale; done
watch /var/log/sudo.log sudo-log
system system-locale 'sethostname setdomainname'
system time-change 'adjtimex settimeofday'
system time-change clock_settime '-F a0=0x0 '
echo '-a always,exit -F arch=b32 -S stime -k time-change' >>$rules
call perm_mod 'chmod fchmod fchmodat chown fchown fchownat lchown setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr'
call perm_mod 'umount2'
echo '-a always,exit -F arch=b32 -S umount -F auid>=1000 -F auid!=unset -k perm_mod' >>$rules
call delete 'rename renameat renameat2 rmdir unlink unlinkat'
call export mount
call access 'creat ftruncate open open_by_handle_at openat truncate' '-F exit=-EACCES '
call access 'creat ftruncate open open_by_handle_at openat truncate' '-F exit=-EPERM '
call modules 'init_module finit_module delete_module create_module query_module'
system modules 'init_module finit_module delete_module'
system user_emulation execve '-C euid!=uid -F auid!=unset '
for program in sudo su passwd chsh chfn newgrp gpasswd mount umount kmod; do runs /usr/bin/$program; done
for program in init poweroff reboot shutdown insmod modprobe rmmod; do runs /usr/sbin/$program; done
for program in insmod modprobe rmmod; do echo "-w /sbin/$program -p x -k modules" >>$rules; done
printf -- '-e 2\n' >/etc/audit/rules.d/99-final.rules
chmod 0640 /etc/audit/auditd.conf /etc/audit/rules.d/*.rules
cat /etc/audit/rules.d/*.rules >/etc/audit/audit.rules
chmod 0640 /etc/audit/audit.rules

# The kernel.
set -- fs.protected_hardlinks=1 fs.protected_symlinks=1 fs.suid_dumpable=0 kernel.dmesg_restrict=1 \
    kernel.kptr_restrict=2 kernel.perf_event_paranoid=2 kernel.randomize_va_space=2 \
    kernel.unprivileged_bpf_disabled=1 kernel.yama.ptrace_scope=1 net.core.bpf_jit_harden=2 \
    net.ipv4.conf.all.accept_redirects=0 net.ipv4.conf.all.accept_source_route=0 \
    net.ipv4.conf.all.log_martians=1 net.ipv4.conf.default.log_martians=1 \
    net.ipv4.conf.all.rp_filter=1 net.ipv4.conf.all.secure_redirects=0 net.ipv4.conf.all.send_redirects=0 \
    net.ipv4.conf.default.accept_redirects=0 net.ipv4.conf.default.accept_source_route=0 \
    net.ipv4.conf.default.rp_filter=1 net.ipv4.conf.default.secure_redirects=0 \
    net.ipv4.conf.default.send_redirects=0 net.ipv4.icmp_echo_ignore_broadcasts=1 \
    net.ipv4.icmp_ignore_bogus_error_responses=1 net.ipv4.ip_forward=0 net.ipv4.tcp_syncookies=1 \
    net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.all.forwarding=0 \
    net.ipv6.conf.all.accept_redirects=0 net.ipv6.conf.all.accept_source_route=0 \
    net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.accept_redirects=0 \
    net.ipv6.conf.default.accept_source_route=0
for setting; do
    name=${setting%=*} value=${setting#*=}
    path=/proc/sys/$(printf %s "$name" | sed 's#\.#/#g')
    mkdir -p "${path%/*}"
    echo "$value" >"$path"
    echo "$name = $value"
done >/etc/sysctl.d/60-hardened.conf
for module in cramfs freevxfs hfs hfsplus jffs2 squashfs udf usb-storage dccp rds sctp tipc uvcvideo; do
    printf 'install %s /bin/false\nblacklist %s\n' $module $module
done >/etc/modprobe.d/hardened.conf
printf 'GRUB_CMDLINE_LINUX="apparmor=1 security=apparmor audit=1 audit_backlog_limit=8192 page_poison=1 pti=on"\n' >/etc/default/grub
printf 'set superusers="boss"\nexport superusers\npassword_pbkdf2 boss grub.pbkdf2.sha512.10000.AA.BB\nmenuentry Debian {\n\tlinux /vmlinuz-6.1.0 root=/dev/sda1 ro apparmor=1 security=apparmor audit=1 audit_backlog_limit=8192 page_poison=1 pti=on\n}\n' >/boot/grub/grub.cfg
cp /boot/grub/grub.cfg /boot/grub/user.cfg
chmod 0600 /boot/grub/*.cfg
printf 'root=/dev/sda1 ro apparmor=1 security=apparmor audit=1 audit_backlog_limit=8192 page_poison=1 pti=on\n' >/proc/cmdline

# Filesystems of their own.
for point in /boot /home /tmp /var /var/log /var/log/audit /var/tmp /dev/shm; do
    echo "/dev/sdb1 $point ext4 rw,nosuid,nodev,noexec,relatime 0 0"
done | tee -a /proc/self/mounts >>/etc/fstab

# Logs and time.
printf 'server time.example.org iburst\nuser _chrony\n' >/etc/chrony/chrony.conf
cat >/etc/rsyslog.conf <<'END'
$FileCreateMode 0640
$DefaultNetstreamDriver gtls
$ActionSendStreamDriverMode 1
$ActionSendStreamDriverAuthMode x509/name
*.* @@log.example.org
END
mkdir -p /etc/systemd/coredump.conf.d /etc/systemd/journald.conf.d /etc/systemd/logind.conf.d
printf '[Coredump]\nStorage=none\nProcessSizeMax=0\n' >/etc/systemd/coredump.conf
printf '[Journal]\nStorage=persistent\nCompress=yes\nForwardToSyslog=yes\n' >/etc/systemd/journald.conf
printf '[Login]\nStopIdleSessionSec=900\n' >/etc/systemd/logind.conf

# Mail and integrity.
printf 'inet_interfaces = loopback-only\n' >/etc/postfix/main.cf
printf 'postmaster: root\nroot: anna\n' >/etc/aliases
mkdir -p /var/lib/aide
printf '@@define DBDIR /var/lib/aide\ndatabase=file:@@{DBDIR}/aide.db\ndatabase_out=file:@@{DBDIR}/aide.db.new\nFull = p+u+g+acl+xattrs+sha512\n/bin Full\n' >/etc/aide/aide.conf
touch /var/lib/aide/aide.db /var/lib/aide/aide.db.new
printf '05 4 * * * root /usr/sbin/aide --check\n' >>/etc/crontab
chmod 0600 /etc/crontab
