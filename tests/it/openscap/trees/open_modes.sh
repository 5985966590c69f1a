# Everybody may write, or read what is secret.
chmod 0666 /etc/passwd /etc/group /etc/passwd- /etc/group- /etc/shells /var/log/syslog /var/log/messages
chmod 0644 /etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow- /etc/ssh/sshd_config /etc/ssh/ssh_host_ed25519_key /boot/grub/grub.cfg /boot/grub/user.cfg
chmod 0666 /etc/ssh/ssh_host_ed25519_key.pub /etc/audit/auditd.conf /etc/audit/rules.d/10-all.rules /etc/crontab
chmod 0777 /var/log /var/log/audit /etc/cron.d /root /home/anna
touch /etc/issue /etc/motd
chmod 0666 /etc/issue /etc/issue.net /etc/motd
chmod 0777 /usr/bin/passwd
mkdir -p /usr/local/bin
touch /usr/local/bin/tool /srv/everybodys /usr/lib/lib.so
chmod 0777 /usr/local/bin/tool /srv/everybodys /usr/lib/lib.so
