//! Whether the machine is one of silicon: a hint, from what hypervisors and containers say of
//! themselves.

use super::{file, word};
use crate::host::{Host, HostError};

/// What a hypervisor writes into DMI, and its name. Clouds stand before what they are built on.
const MAKERS: [(&str, &str); 11] = [
    ("Amazon EC2", "amazon"),
    ("Google", "google"),
    ("OpenStack", "openstack"),
    ("VMware", "vmware"),
    ("VirtualBox", "virtualbox"),
    ("innotek", "virtualbox"),
    ("Microsoft Corporation", "hyperv"),
    ("Xen", "xen"),
    ("Parallels", "parallels"),
    ("KVM", "kvm"),
    ("QEMU", "qemu"),
];

/// The hypervisor. `flagged` is whether the processor has the flag `hypervisor`, `vendor` and `product` are DMI's, `xen` is `/sys/hypervisor/type`.
pub(super) fn hypervisor(
    flagged: bool,
    vendor: &str,
    product: &str,
    xen: Option<&str>,
) -> Option<&'static str> {
    if xen == Some("xen") {
        return Some("xen");
    }
    let made = MAKERS
        .iter()
        .find(|(text, _)| vendor.contains(text) || product.contains(text));
    match made {
        // These also make machines of silicon, on which the processor has no such flag.
        Some((_, "hyperv" | "google" | "amazon")) if !flagged => None,
        Some((_, name)) => Some(name),
        None => flagged.then_some("vm"),
    }
}

/// The container. systemd writes down what its manager told it; other containers have marks.
pub(super) fn container(host: &Host) -> Result<Option<String>, HostError> {
    if let Some(name) = word(host, "/run/systemd/container")? {
        return Ok(Some(name));
    }
    for (mark, name) in [("/run/.containerenv", "podman"), ("/.dockerenv", "docker")] {
        if file(host, mark, super::MAX_FILE)?.is_some() {
            return Ok(Some(name.into()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIRTUAL: bool = true;
    const SILICON: bool = false;

    #[test]
    fn makers_and_the_processor_give_the_hypervisor_away() {
        for (flagged, vendor, product, expected) in [
            (
                VIRTUAL,
                "QEMU",
                "Standard PC (Q35 + ICH9, 2009)",
                Some("qemu"),
            ),
            (VIRTUAL, "VMware, Inc.", "VMware7,1", Some("vmware")),
            (
                VIRTUAL,
                "Microsoft Corporation",
                "Virtual Machine",
                Some("hyperv"),
            ),
            (SILICON, "Microsoft Corporation", "Surface Laptop", None),
            (SILICON, "Dell Inc.", "PowerEdge R640", None),
            (VIRTUAL, "", "", Some("vm")),
            (SILICON, "", "", None),
        ] {
            let found = hypervisor(flagged, vendor, product, None);
            assert_eq!(found, expected, "{vendor} {product}");
        }
        assert_eq!(hypervisor(SILICON, "", "", Some("xen")), Some("xen"));
    }
}
