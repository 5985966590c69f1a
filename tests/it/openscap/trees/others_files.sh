# Files of somebody else, and of another group.
for file in /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/ssh/sshd_config /etc/ssh/ssh_host_ed25519_key \
    /boot/grub/grub.cfg /boot/grub/user.cfg /etc/audit/auditd.conf /etc/audit/rules.d/10-all.rules /etc/crontab /var/log/syslog \
    /var/log/messages /var/log /var/log/audit /etc/shells /home/anna /etc/passwd- /etc/shadow- /etc/group- /etc/gshadow-; do
    chown 1:1 $file
done
touch /srv/nobodys
chown 4444:4445 /srv/nobodys
