use proptest::prelude::*;

use super::*;
use crate::probe::live;

fn all(text: &[u8]) -> Result<Vec<Package>, MetadataError> {
    let mut found = Vec::new();
    packages(text, |package| found.push(package.clone()))?;
    Ok(found)
}

const PRIMARY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="2">
<package type="rpm">
  <name>bind</name><arch>x86_64</arch><version epoch="32" ver="9.16.23" rel="24.el9"/>
  <summary>A &lt;server&gt;</summary>
  <format><rpm:vendor>AT&amp;T &#x26; Sons</rpm:vendor><rpm:provides><rpm:entry name="x" ver="1"/></rpm:provides></format>
</package>
<package type="rpm"><name>bind</name><arch>src</arch><version epoch="32" ver="9" rel="2"/></package>
</metadata>"#;

#[test]
fn packages_have_their_version_and_who_built_them() {
    let read = all(PRIMARY.as_bytes()).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!(
        (read[0].name.as_str(), read[0].architecture.as_str()),
        ("bind", "x86_64")
    );
    assert_eq!(read[0].evr.to_string(), "32:9.16.23-24.el9");
    assert_eq!(read[0].vendor, "AT&T & Sons");
}

#[test]
fn a_cut_file_is_an_error() {
    for length in (200..PRIMARY.len() - 1).step_by(7) {
        assert!(all(&PRIMARY.as_bytes()[..length]).is_err(), "{length}");
    }
}

#[test]
fn an_index_names_the_files_in_xml() {
    let text = r#"<repomd><revision>1700000000</revision>
        <data type="primary"><location href="repodata/aa-primary.xml.gz"/></data>
        <data type="primary_db"><location href="repodata/bb-primary.sqlite.bz2"/></data>
        <data type="updateinfo"><location href="repodata/cc-updateinfo.xml.zst"/></data></repomd>"#;
    let read = index(text.as_bytes()).unwrap();
    assert_eq!(read.revision, Some(1_700_000_000));
    assert_eq!(read.primary, "repodata/aa-primary.xml.gz");
    assert_eq!(read.advisories.unwrap(), "repodata/cc-updateinfo.xml.zst");
    assert_eq!(read.modules, None);
    assert!(matches!(
        index(&b"<repomd/>"[..]),
        Err(MetadataError::NoPackages)
    ));
}

#[test]
fn an_advisory_names_versions_and_what_it_is() {
    let text = r#"<updates><update type="security"><id>RHSA-2026:1</id><pkglist><collection>
        <package name="bash" version="5" release="2.el9" epoch="0" arch="x86_64"><filename>id</filename></package>
        </collection></pkglist></update>
        <update type="bugfix"><id>RHBA-2026:2</id><references><reference id="x"/></references><pkglist>
        <package name="bash" version="6" release="1" epoch="1" arch="x86_64"/></pkglist></update></updates>"#;
    let mut found = Vec::new();
    advisories(text.as_bytes(), |advisory, package| {
        found.push((
            advisory.id.clone(),
            advisory.security,
            package.evr.to_string(),
        ));
    })
    .unwrap();
    assert_eq!(
        found,
        [
            ("RHSA-2026:1".into(), true, "5-2.el9".to_owned()),
            ("RHBA-2026:2".into(), false, "1:6-1".to_owned())
        ]
    );
}

#[test]
fn elements_without_end_are_errors_not_memory() {
    let deep = "<a>".repeat(1_000_000);
    assert!(matches!(all(deep.as_bytes()), Err(MetadataError::Depth)));
    let long = format!("<a>{}", "x".repeat(3 << 20));
    assert!(matches!(all(long.as_bytes()), Err(MetadataError::Item)));
    let tag = format!("<a b=\"{}", "x".repeat(3 << 20));
    assert!(matches!(all(tag.as_bytes()), Err(MetadataError::Item)));
    let text = format!(
        "<package><name>{}</name></package>",
        "<!-- -->x".repeat(10_000)
    );
    assert!(all(text.as_bytes()).unwrap()[0].name.len() <= MAX_TEXT);
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("rpm-primary-xml", |bytes| {
        let _ = all(bytes);
        let _ = index(bytes);
        let _ = advisories(bytes, |_, _| ());
    });
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
        let _ = all(&bytes);
        let _ = index(bytes.as_slice());
    }

    #[test]
    fn anything_that_looks_like_xml_is_read_without_panic(
        parts in prop::collection::vec("</?(package|name|arch|version|update|id)( (epoch|ver|type)=['\"&;a-z0]{0,4})?/?>|&[a-z#0-9]{0,4};?|[a-z]{1,3}", 0..20)
    ) {
        let text = parts.concat();
        let _ = all(text.as_bytes());
        let _ = advisories(text.as_bytes(), |_, _| ());
    }
}
