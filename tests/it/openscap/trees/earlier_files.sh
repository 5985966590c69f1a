# A file that is read before says otherwise; in some programs the first holds, in others the last.
mkdir -p /etc/ssh/sshd_config.d /etc/security/pwquality.conf.d
sed -i '1i Include /etc/ssh/sshd_config.d/*.conf' /etc/ssh/sshd_config
printf 'PermitRootLogin yes\nPermitEmptyPasswords yes\nMaxAuthTries 99\nX11Forwarding yes\nLogLevel QUIET\nBanner none\nUsePAM no\nClientAliveInterval 0\n' >/etc/ssh/sshd_config.d/00-early.conf
sed 's/= .*/= 7/' /etc/sysctl.d/60-hardened.conf >/etc/sysctl.d/00-early.conf
sed 's/= .*/= 7/' /etc/sysctl.d/60-hardened.conf >/usr/lib/sysctl.d/10-vendor.conf
printf 'umask 000\n' >/etc/profile.d/00-early.sh
printf '* hard core unlimited\n* hard maxlogins 99\n' >/etc/security/limits.d/00-early.conf
printf 'Defaults !use_pty\n' >/etc/sudoers.d/early
sed -i 's#^@includedir.*##; 1i @includedir /etc/sudoers.d' /etc/sudoers
printf -- '-D\n-b 8192\n' >/etc/audit/rules.d/00-early.rules
printf 'install rds /sbin/modprobe -i rds\n' >/etc/modprobe.d/00-early.conf
