# Links in the place of files.
for file in /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/ssh/sshd_config /boot/grub/grub.cfg /etc/audit/auditd.conf /etc/crontab \
    /etc/login.defs /etc/security/pwquality.conf /etc/security/faillock.conf /etc/sysctl.d/60-hardened.conf \
    /etc/audit/rules.d/10-all.rules /etc/modprobe.d/hardened.conf /etc/sudoers; do
    mkdir -p /srv/real
    mv $file /srv/real/${file##*/}
    ln -s /srv/real/${file##*/} $file
done
chmod 0666 /srv/real/passwd /srv/real/sshd_config
