# Good settings, but in files that nobody reads, or behind a block of others.
mkdir -p /etc/ssh/sshd_config.d
mv /etc/ssh/sshd_config /etc/ssh/sshd_config.d/good.conf.bak
printf 'Port 22\n' >/etc/ssh/sshd_config
mv /etc/audit/rules.d/10-all.rules /etc/audit/rules.d/10-all.rules.off
: >/etc/audit/audit.rules
mv /etc/audit/rules.d/99-final.rules /etc/audit/rules.d/99-final
mv /etc/sysctl.d/60-hardened.conf /etc/sysctl.d/60-hardened.conf.off
mv /etc/modprobe.d/hardened.conf /etc/modprobe.d/hardened
for file in coredump journald logind; do sed -i 's/^\[.*/[Other]/' /etc/systemd/$file.conf; done
mv /etc/profile.d/tmout.sh /etc/profile.d/tmout
printf 'umask 022\n' >/etc/profile
mv /etc/security/limits.d/site.conf /etc/security/limits.d/site
mv /etc/apt/apt.conf.d/99secure /etc/apt/apt.conf.d/99secure.off
sed -i '/Defaults/d' /etc/sudoers
printf 'Defaults use_pty\nDefaults logfile="/var/log/sudo.log"\n' >/etc/sudoers.d/site.conf
mv /etc/security/faillock.conf /etc/security/faillock.conf.off
mv /etc/security/pwquality.conf /etc/security/pwquality.conf.off
