# Ways to need no password.
printf 'anna ALL=(ALL) NOPASSWD: ALL\nDefaults !authenticate\nDefaults timestamp_timeout=-1\n' >/etc/sudoers.d/anna
printf '#anna ALL=(ALL) NOPASSWD: /bin/ls\nDefaults  env_reset,use_pty,\\\n  logfile=/var/log/sudo.log\n' >>/etc/sudoers
sed -i -e '/^Defaults use_pty/d' -e '/^Defaults logfile/d' /etc/sudoers
