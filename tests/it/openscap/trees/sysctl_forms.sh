# Other ways to say the same, and to say it of another name.
sed -i -e 's/^\(kernel\.[a-z_]*\) = /\1=/' -e 's#^net\.ipv4\.conf\.all\.#net/ipv4/conf/all/#' -e 's/^fs/-fs/' \
    -e 's/^net\.ipv6/net.ipv6x/' -e 's/^net\.ipv4\.conf\.default/; net.ipv4.conf.default/' -e 's/^net.core/net.core.x/' /etc/sysctl.d/60-hardened.conf
sed -i '/kptr_restrict/d' /etc/sysctl.d/60-hardened.conf
printf 'kernel.kptr_restrict = 2\n' >/etc/sysctl.conf
