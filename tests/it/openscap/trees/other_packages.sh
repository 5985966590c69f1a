# What should be installed is not, or its settings are left; what should not be is.
sed -i -e '/^Package: \(aide\|apparmor\|auditd\|chrony\|cron\|logrotate\|rsyslog\|rsyslog-gnutls\|sudo\|libpam-pwquality\|postfix\)$/,/^$/s/^Status:.*/Status: deinstall ok config-files/' /var/lib/dpkg/status
for package in telnet telnetd rsh-server rsh-client nis ntpdate talk talkd xinetd inetutils-telnetd tftpd-hpa tftp tftp-server ypbind ypserv snmpd isc-dhcp-server kea sendmail setroubleshoot net-snmp dhcp telnet-server rsh; do
    printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n' $package
    printf 'Maintainer: Debian <x@debian.org>\nDescription: %s\n\n' $package
done >>/var/lib/dpkg/status
