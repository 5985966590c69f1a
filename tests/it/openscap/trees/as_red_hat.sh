# As the hardened tree, but it says that it is of another family: rules for that are asked as well.
printf 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n' >/etc/os-release
