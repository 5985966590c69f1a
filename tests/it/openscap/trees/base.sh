# A Debian 12 with a kernel, a boot loader and the servers that rules are about, as they come.
umask 022
mkdir -p /etc/default /etc/pam.d /etc/security /etc/ssh /etc/audit/rules.d /etc/apt/apt.conf.d \
    /etc/cron.d /etc/sudoers.d /etc/profile.d /etc/modprobe.d /etc/sysctl.d /etc/rsyslog.d \
    /etc/chrony/conf.d /etc/postfix /etc/aide /etc/systemd/system /boot/grub /home/anna \
    /var/lib/dpkg /var/log/audit /var/tmp /usr/lib/systemd/system /usr/lib/sysctl.d /proc/sys \
    /dev/shm /sys/kernel
chmod 1777 /var/tmp
chmod 0700 /root /home/anna
chown 1000:1000 /home/anna
chmod 0750 /var/log/audit /etc/audit/rules.d

cat >/etc/os-release <<'END'
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
END
echo 12.12 >/etc/debian_version

# What is installed.
for package in base-files aide aide-common apparmor apparmor-utils auditd audispd-plugins bash chrony \
    cron gnutls-bin grub-common grub-pc grub2-common iptables libnss3-tools libpam-modules \
    libpam-pwquality libpam-runtime linux-base linux-image-amd64 login logrotate nftables \
    openssh-client openssh-server passwd postfix rsyslog rsyslog-gnutls sudo systemd; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 12.1-1\n' $package
    printf 'Maintainer: Debian <x@debian.org>\nDescription: %s\n\n' $package
done >/var/lib/dpkg/status

# Who there is.
cat >/etc/passwd <<'END'
root:x:0:0:root:/root:/bin/sh
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
anna:x:1000:1000::/home/anna:/bin/sh
END
printf 'root:x:0:\ndaemon:x:1:\nadm:x:4:\nshadow:x:42:\nsudo:x:27:anna\nanna:x:1000:\nnogroup:x:65534:\n' >/etc/group
printf 'root:*::\ndaemon:*::\nadm:*::\nshadow:*::\nsudo:*::anna\nanna:!::\nnogroup:*::\n' >/etc/gshadow
cat >/etc/shadow <<'END'
root:$y$j9T$abcdefghijklmnopqrstuv$abcdefghijklmnopqrstuvwxyzabcdefghijklmnop:19700:1:365:7:30::
daemon:*:19700:0:99999:7:::
nobody:*:19700:0:99999:7:::
anna:$y$j9T$abcdefghijklmnopqrstuv$abcdefghijklmnopqrstuvwxyzabcdefghijklmnop:19700:1:365:7:30::
END
for file in passwd group gshadow shadow; do cp /etc/$file /etc/$file-; done
chmod 0640 /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-
chgrp 42 /etc/shadow /etc/shadow- /etc/gshadow /etc/gshadow-
printf '/bin/sh\n/bin/bash\n' >/etc/shells

# What their settings are when nobody has set any.
cat >/etc/login.defs <<'END'
MAIL_DIR /var/mail
LOG_OK_LOGINS no
UMASK 022
HOME_MODE 0700
PASS_MAX_DAYS 99999
PASS_MIN_DAYS 0
PASS_WARN_AGE 7
UID_MIN 1000
UID_MAX 60000
SYS_UID_MIN 101
SYS_UID_MAX 999
GID_MIN 1000
GID_MAX 60000
LOGIN_RETRIES 5
LOGIN_TIMEOUT 60
USERGROUPS_ENAB yes
ENCRYPT_METHOD SHA512
END
cat >/etc/pam.d/common-auth <<'END'
auth	[success=1 default=ignore]	pam_unix.so nullok
auth	requisite			pam_deny.so
auth	required			pam_permit.so
END
cat >/etc/pam.d/common-account <<'END'
account	[success=1 new_authtok_reqd=done default=ignore]	pam_unix.so
account	requisite			pam_deny.so
account	required			pam_permit.so
END
cat >/etc/pam.d/common-password <<'END'
password	[success=1 default=ignore]	pam_unix.so obscure yescrypt
password	requisite			pam_deny.so
password	required			pam_permit.so
END
cat >/etc/pam.d/common-session <<'END'
session	[default=1]			pam_permit.so
session	requisite			pam_deny.so
session	required			pam_permit.so
session	required	pam_unix.so
END
cp /etc/pam.d/common-session /etc/pam.d/common-session-noninteractive
for service in login sshd sudo passwd; do
    printf '@include common-auth\n@include common-account\n@include common-session\n@include common-password\n' >/etc/pam.d/$service
done
printf 'auth sufficient pam_rootok.so\n@include common-auth\n@include common-account\n@include common-session\n' >/etc/pam.d/su
touch /etc/security/limits.conf /etc/security/faillock.conf /etc/security/pwquality.conf /etc/sysctl.conf
printf 'Include /etc/ssh/sshd_config.d/*.conf\nKbdInteractiveAuthentication no\nUsePAM yes\nX11Forwarding yes\nPrintMotd no\nAcceptEnv LANG LC_*\nSubsystem sftp /usr/lib/openssh/sftp-server\n' >/etc/ssh/sshd_config
mkdir -p /etc/ssh/sshd_config.d
touch /etc/ssh/ssh_host_ed25519_key /etc/ssh/ssh_host_ed25519_key.pub
chmod 0600 /etc/ssh/ssh_host_ed25519_key
printf 'Defaults env_reset\nDefaults secure_path="/usr/sbin:/usr/bin"\nroot ALL=(ALL:ALL) ALL\n%%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n' >/etc/sudoers
chmod 0440 /etc/sudoers
printf 'pool 2.debian.pool.ntp.org iburst\nconfdir /etc/chrony/conf.d\n' >/etc/chrony/chrony.conf
printf 'module(load="imuxsock")\n$IncludeConfig /etc/rsyslog.d/*.conf\nauth,authpriv.* /var/log/auth.log\n' >/etc/rsyslog.conf
printf 'log_file = /var/log/audit/audit.log\nlog_format = ENRICHED\nlog_group = adm\nfreq = 50\nmax_log_file = 8\nmax_log_file_action = ROTATE\nspace_left = 75\nspace_left_action = SYSLOG\nadmin_space_left = 50\nadmin_space_left_action = SUSPEND\ndisk_full_action = SUSPEND\ndisk_error_action = SUSPEND\n' >/etc/audit/auditd.conf
printf -- '-D\n-b 8192\n-f 1\n' >/etc/audit/rules.d/audit.rules
chmod 0640 /etc/audit/auditd.conf /etc/audit/rules.d/audit.rules
printf 'GRUB_DEFAULT=0\nGRUB_CMDLINE_LINUX_DEFAULT="quiet"\nGRUB_CMDLINE_LINUX=""\n' >/etc/default/grub
printf 'menuentry Debian {\n\tlinux /vmlinuz-6.1.0 root=/dev/sda1 ro quiet\n}\n' >/boot/grub/grub.cfg
chmod 0600 /boot/grub/grub.cfg
printf 'root: anna\npostmaster: root\n' >/etc/aliases
printf 'inet_interfaces = all\n' >/etc/postfix/main.cf
printf 'umask 022\n' >/etc/profile
printf 'PS1=x\n' >/etc/bash.bashrc
printf '17 * * * * root true\n' >/etc/crontab
printf '/dev/sda1 / ext4 defaults 0 1\n' >/etc/fstab
mkdir -p /proc/self /etc/security/limits.d /var/lib/apt/lists/partial /var/cache/apt/archives/partial /etc/apt/preferences.d /etc/apt/sources.list.d
ln -s ../proc/self/mounts /etc/mtab
ln -s self/mounts /proc/mounts
printf '/dev/sda1 / ext4 rw 0 0\nproc /proc proc rw 0 0\n' >/proc/self/mounts
touch /var/log/syslog /var/log/messages /var/log/auth.log
chmod 0640 /var/log/syslog /var/log/messages /var/log/auth.log
chgrp 4 /var/log/syslog /var/log/messages /var/log/auth.log

# Programs that audit rules are about.
for program in sudo su passwd chsh chfn newgrp gpasswd mount umount kmod; do
    printf 'program' >/usr/bin/$program
    chmod 4755 /usr/bin/$program
done
chmod 0755 /usr/bin/kmod
for program in init poweroff reboot shutdown insmod modprobe rmmod; do
    printf 'program' >/usr/sbin/$program
    chmod 0755 /usr/sbin/$program
done
for unit in auditd chrony cron rsyslog ssh systemd-journald ufw; do
    printf '[Unit]\nDescription=%s\n[Service]\nExecStart=/usr/bin/true\n[Install]\nWantedBy=multi-user.target\n' $unit >/usr/lib/systemd/system/$unit.service
done

sed -i 's#^ExecStart.*#&\nExecStartPost=-/sbin/augenrules --load#' /usr/lib/systemd/system/auditd.service

# What the kernel is set to.
kernel() { mkdir -p "/proc/sys/${1%/*}"; echo "$2" >"/proc/sys/$1"; }
kernel kernel/osrelease 6.1.0-1-amd64
kernel kernel/arch x86_64

# Of every file of settings there is, the same edit.
settings() {
    for file in /etc/ssh/sshd_config /etc/login.defs /etc/security/faillock.conf \
        /etc/security/pwquality.conf /etc/security/limits.d/site.conf /etc/audit/auditd.conf \
        /etc/sysctl.d/60-hardened.conf /etc/modprobe.d/hardened.conf /etc/rsyslog.conf \
        /etc/chrony/chrony.conf /etc/systemd/coredump.conf /etc/systemd/journald.conf \
        /etc/systemd/logind.conf /etc/postfix/main.cf /etc/aliases /etc/default/useradd \
        /etc/default/grub /etc/sudoers /etc/audit/rules.d/10-all.rules \
        /etc/audit/rules.d/99-final.rules /etc/profile /etc/profile.d/tmout.sh /etc/bash.bashrc \
        /etc/pam.d/common-auth /etc/pam.d/common-account /etc/pam.d/common-password /etc/pam.d/su \
        /etc/pam.d/login /etc/apt/apt.conf.d/99secure /etc/aide/aide.conf /etc/crontab; do
        sed -i "$@" $file
    done
}
