# Nothing is there.
rm -r /etc/ssh/sshd_config /etc/login.defs /etc/security/*.conf /etc/audit/auditd.conf /etc/audit/rules.d /etc/audit/audit.rules \
    /etc/sysctl.d/60-hardened.conf /etc/modprobe.d/hardened.conf /etc/sudoers /etc/rsyslog.conf /etc/chrony/chrony.conf \
    /etc/systemd/*.conf /etc/postfix/main.cf /etc/aliases /etc/default/useradd /etc/default/grub /boot/grub/grub.cfg \
    /etc/pam.d/common-auth /etc/pam.d/common-password /etc/profile /etc/bash.bashrc /etc/issue.net /etc/crontab \
    /etc/aide/aide.conf /etc/shells /etc/passwd- /etc/shadow- /etc/security/limits.d
