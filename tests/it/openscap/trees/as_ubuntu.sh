# As the hardened tree, but it says that it is of another family: rules for that are asked as well.
printf 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\nVERSION_ID="22.04"\n' >/etc/os-release
