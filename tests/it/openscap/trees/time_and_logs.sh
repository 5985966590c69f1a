# A pool in the place of servers, logs that go nowhere, cores that are kept.
printf '! server a\n%% server b\nservers time.example.org\npool pool.example.org iburst\nuser root\n' >/etc/chrony/chrony.conf
printf '*.* @@(o)log.example.org:6514\n$FileCreateMode 0644\n$ActionSendStreamDriverMode 0\n$ActionSendStreamDriverAuthMode anon\n$DefaultNetstreamDriver ptcp\n' >/etc/rsyslog.conf
printf '[Coredump]\n#Storage=none\nStorage=journal\nProcessSizeMax=01\n' >/etc/systemd/coredump.conf
printf '[Journal]\nStorage=auto\nCompress=no\nForwardToSyslog=no\n' >/etc/systemd/journald.conf
printf 'inet_interfaces = loopback-only, all\n' >/etc/postfix/main.cf
printf 'postmasters: root\nroot:\n' >/etc/aliases
